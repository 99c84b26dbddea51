//! Corpus and packs become decisions, matches, uses and a cleared corpus.
