//! The fields of the official template, section by section, with the labels the form prints.
//!
//! One table serves the questionnaire, the draft, the page and the critic. Source of the labels: the form annexed to the Commission's
//! Explanatory Notice, C(2025) 5235 final of 24 July 2025, re-issued as C(2025) 8311 final of 5 December 2025.

/// The name under which a summary states the template it follows.
pub const TEMPLATE: &str = "C(2025) 8311 final";
/// The day of that text.
pub const TEMPLATE_DATE: &str = "2025-12-05";

/// What an answer to a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A day, YYYY-MM-DD.
    Day,
    /// A month, YYYY-MM.
    Month,
    /// A period of months, from and to.
    Period,
    /// Yes or no.
    YesNo,
    /// Some of the five modalities.
    Modalities,
    /// Names, with link and version where they have one.
    List,
}

/// Who can fill a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// Only a person who knows: attested in the answers.
    Attested,
    /// Evidence, and an answer where there is none.
    Measured,
    /// Kept by the program: number and history of versions.
    Kept,
}

/// One field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Stable key: table and name in the answers, key in `summary.json`.
    pub key: &'static str,
    /// The section it stands in.
    pub section: &'static str,
    /// The label on the form.
    pub label: &'static str,
    /// What an answer is.
    pub kind: Kind,
    /// Who fills it.
    pub filled: Filled,
    /// Whether the form calls it optional.
    pub optional: bool,
    /// The yes-or-no fields of which one has to be yes for this field to be asked.
    pub gates: &'static [&'static str],
    /// What the questionnaire says about it.
    pub help: &'static str,
}

/// The sections in order: number and title.
pub const SECTIONS: [(&str, &str); 17] = [
    ("0", "Public Summary of Training Content for General-Purpose AI models"),
    ("1", "General information"),
    ("1.1", "Provider identification"),
    ("1.2", "Model identification"),
    ("1.3", "Modalities, overall training data size and other characteristics"),
    ("2", "List of data sources"),
    ("2.1", "Publicly available datasets"),
    ("2.2", "Private non-publicly available datasets obtained from third parties"),
    ("2.2.1", "Datasets commercially licensed by rightsholders or their representatives"),
    ("2.2.2", "Private datasets obtained from other third parties"),
    ("2.3", "Data crawled and scraped from online sources"),
    ("2.4", "User data"),
    ("2.5", "Synthetic data"),
    ("2.6", "Other sources of data"),
    ("3", "Data processing aspects"),
    ("3.1", "Respect of reservation of rights from text and data mining exception or limitation"),
    ("3.2", "Removal of illegal content"),
];
/// The last section, which is optional as a whole.
pub const OPTIONAL_SECTION: (&str, &str) = ("3.3", "Other information (optional)");

/// All sections in order.
pub fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    SECTIONS.into_iter().chain([OPTIONAL_SECTION])
}

/// The field of this key.
pub fn field(key: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.key == key)
}

const COMMENTS: &str = "Additional comments (optional):";
const MODALITIES: &str =
    "If yes, specify the modality(ies) of the content covered by the datasets concerned:";
const COVERED: &str = "Type of modality covered:";

macro_rules! fields {
    ($($key:literal $section:literal $kind:ident $filled:ident $must:ident [$($gate:literal)*] $label:expr, $help:literal;)+) => {
        /// All fields, in the order of the form.
        pub const FIELDS: &[Field] = &[$(Field {
            key: $key,
            section: $section,
            label: $label,
            kind: Kind::$kind,
            filled: Filled::$filled,
            optional: fields!(@ $must),
            gates: &[$($gate),*],
            help: $help,
        }),+];
    };
    (@ asked) => { false };
    (@ optional) => { true };
}

fields! {
    "doc.version" "0" Text Kept asked [] "Version of the Summary:", "Counted by the program; earlier versions stay in versions/.";
    "doc.last_update" "0" Day Kept asked [] "Last update:", "The day of the draft.";
    "doc.link" "0" Text Attested optional [] "Authoritative link and previous versions:", "Address where this summary and its earlier versions will stand. The form asks for links to previous versions beside the version.";

    "provider.name_contact" "1.1" Text Attested asked [] "Provider name and contact details:", "Legal entity, postal address, and a contact that reaches the people in charge.";
    "provider.authrep" "1.1" Text Attested asked [] "Authorised representative name and contact details:", "Only for providers outside the Union; otherwise write \"N/A\".";

    "model.names" "1.2" List Attested asked [] "Versioned model name(s):", "One entry for each version, with a link to its public documentation. One summary covers several versions only where their content is the same.";
    "model.dependencies" "1.2" List Attested asked [] "Model dependencies:", "Base models if this one modifies another: name, link to the model, and `summary` = link to its own public summary. [\"None\"] if none.";
    "model.date_placed" "1.2" Day Attested asked [] "Date of placement of the model on the Union market:", "YYYY-MM-DD.";

    "mod.selected" "1.3" Modalities Measured asked [] "Modality", "Modalities beside those found in the runs: text, image, audio, video, other.";
    "mod.text.band" "1.3" Text Measured asked [] "Training data size (text)", "Computed. Where the bytes do not settle the band, `mod.text.tokens` does.";
    "mod.text.tokens" "1.3" Text Attested optional [] "Tokens of text training data, as counted by the provider:", "A whole number of tokens, with your tokenizer; name the tokenizer in data.comments.";
    "mod.text.size" "1.3" Text Measured asked [] "Alternatively, specify the approximate size in a different measurement unit (text):", "Computed from the runs: items, words, bytes.";
    "mod.text.types" "1.3" Text Attested asked [] "Types of content (text)", "Types, not purposes: fiction, news, scientific text, legal text, source code, posts, …";
    "mod.image.amount" "1.3" Text Attested optional [] "Training data size (image)", "Number of images; the runs measure text only.";
    "mod.image.types" "1.3" Text Attested optional [] "Types of content (image)", "Photography, visual art, infographics, …";
    "mod.audio.amount" "1.3" Text Attested optional [] "Training data size (audio)", "Hours of audio that is not part of a video.";
    "mod.audio.types" "1.3" Text Attested optional [] "Types of content (audio)", "Musical compositions, audiobooks, speech, …";
    "mod.video.amount" "1.3" Text Attested optional [] "Training data size (video)", "Hours of video.";
    "mod.video.types" "1.3" Text Attested optional [] "Types of content (video)", "Films, programmes, music videos, …";
    "mod.other.amount" "1.3" Text Attested optional [] "Training data size (other)", "The modality, its approximate size and the unit.";
    "data.latest" "1.3" Month Measured asked [] "Latest date of data acquisition/collection for model training:", "YYYY-MM. Filled from capture times where items carry them; an answer earlier than the evidence is refused.";
    "data.continuous" "1.3" YesNo Attested optional [] "Is the model continuously trained on new or dynamic data after this date?", "yes or no.";
    "data.languages" "1.3" Text Measured asked [] "Description of the linguistic characteristics of the overall training data:", "Filled from the measured languages; what you write here is added.";
    "data.characteristics" "1.3" Text Attested asked [] "Other relevant characteristics of the overall training data:", "National, regional or demographic specifics.";
    "data.comments" "1.3" Text Attested optional [] COMMENTS, "Tokenizer, compression, sampling rates.";

    "pub.used" "2.1" YesNo Attested asked [] "Have you used publicly available datasets to train the model?", "yes or no.";
    "pub.modalities" "2.1" Modalities Attested asked ["pub.used"] MODALITIES, "Some of text, image, audio, video, other.";
    "pub.large" "2.1" List Measured asked ["pub.used"] "List of large publicly available datasets:", "Computed from [[source]]: each above 3 % of all public datasets.";
    "pub.other" "2.1" Text Attested asked ["pub.used"] "General description of other publicly available datasets not listed above:", "Modality, nature of content, languages, approximate dates. Those of [[source]] that are below 3 % are added by name.";
    "pub.comments" "2.1" Text Attested optional [] COMMENTS, "Sizes, for instance.";

    "lic.any" "2.2.1" YesNo Attested asked [] "Have you concluded transactional commercial licensing agreement(s) with rightsholder(s) or with their representatives?", "yes or no.";
    "lic.modalities" "2.2.1" Modalities Attested asked ["lic.any"] MODALITIES, "Some of text, image, audio, video, other.";

    "priv.any" "2.2.2" YesNo Attested asked [] "Have you obtained private datasets from third parties that are not licensed as described in Section 2.2.1, such as data obtained from providers of private databases, or data intermediaries?", "yes or no.";
    "priv.modalities" "2.2.2" Modalities Attested asked ["priv.any"] MODALITIES, "Some of text, image, audio, video, other.";
    "priv.known" "2.2.2" List Attested asked ["priv.any"] "If publicly known, list private datasets obtained from other third parties:", "Name, version, link; [\"None\"] if none is publicly known.";
    "priv.desc" "2.2.2" Text Attested asked ["priv.any"] "General description of non-publicly known private datasets obtained from third parties:", "Modality, nature of content, languages.";
    "priv.comments" "2.2.2" Text Attested optional [] COMMENTS, "Period, size.";

    "crawl.used" "2.3" YesNo Attested asked [] "Were crawlers used by the provider or on behalf of?", "yes or no. Datasets that others crawled belong in 2.1. Never inferred from the runs.";
    "crawl.names" "2.3" List Attested asked ["crawl.used"] "If yes, specify crawler name(s)/identifier(s):", "The user-agent token each crawler sends, as in robots.txt; link to its documentation.";
    "crawl.purpose" "2.3" Text Attested asked ["crawl.used"] "Purposes of the crawler(s):", "For each crawler.";
    "crawl.behaviour" "2.3" Text Attested asked ["crawl.used"] "General description of crawler behaviour:", "robots.txt and other protocols, captchas, passwords, paywalls.";
    "crawl.period" "2.3" Period Measured asked ["crawl.used"] "Period of data collection:", "{ from = \"YYYY-MM\", to = \"YYYY-MM\" }. Filled from capture times; an answer that does not cover them is refused.";
    "crawl.desc" "2.3" Text Attested asked ["crawl.used"] "Comprehensive description of the type of content and online sources crawled:", "Kinds of sites, geography, languages.";
    "crawl.modalities" "2.3" Modalities Attested asked ["crawl.used"] COVERED, "Some of text, image, audio, video, other.";
    "crawl.domains" "2.3" List Measured asked ["crawl.used"] "Summary of the most relevant domain names crawled:", "Computed from the sources of kind \"crawled\".";
    "crawl.comments" "2.3" Text Attested optional [] COMMENTS, "More domains, addresses, individual works.";

    "user.model" "2.4" YesNo Attested asked [] "Was data from user interactions with the AI model (e.g. user input and prompts) used to train the model?", "yes or no.";
    "user.services" "2.4" YesNo Attested asked [] "Was data collected from user interactions with the provider's other services or products used to train the model?", "yes or no.";
    "user.desc" "2.4" Text Attested asked ["user.model" "user.services"] "If yes, provide a general description of the provider's services or products that were used to collect the user data:", "Name the services.";
    "user.modalities" "2.4" Modalities Attested asked ["user.model" "user.services"] COVERED, "Some of text, image, audio, video, other.";
    "user.comments" "2.4" Text Attested optional [] COMMENTS, "";

    "syn.used" "2.5" YesNo Attested asked [] "Was synthetic AI-generated data created by the provider or on their behalf to train the model?", "yes or no.";
    "syn.modalities" "2.5" Modalities Attested asked ["syn.used"] "If yes, modality of the synthetic data:", "Some of text, image, audio, video, other.";
    "syn.gpai" "2.5" List Attested asked ["syn.used"] "If yes, specify the general-purpose AI model(s) used to generate the synthetic data if available on the market:", "Name, link, and `summary` = link to that model's own public summary. [\"None\"] if none.";
    "syn.other" "2.5" Text Attested asked ["syn.used"] "Information about other AI models, including provider's own AI model(s) not available on the market, used to generate synthetic data to train the model to which this Summary applies:", "With what those were trained on, where known.";
    "syn.comments" "2.5" Text Attested optional [] COMMENTS, "";

    "oth.used" "2.6" YesNo Attested asked [] "Have data sources other than those described in Sections 2.1 to 2.5 been used to train the model?", "yes or no.";
    "oth.desc" "2.6" Text Attested asked ["oth.used"] "If yes, provide a narrative description of these data sources and the data:", "Offline media that were digitised, for instance.";
    "oth.comments" "2.6" Text Attested optional [] COMMENTS, "";

    "tdm.signatory" "3.1" YesNo Attested asked [] "Are you a Signatory to the Code of Practice for general-purpose AI models that includes commitments to respect reservations of rights from the TDM exception or limitation?", "yes or no.";
    "tdm.measures" "3.1" Text Attested asked [] "Describe the measures implemented before model training to respect reservations of rights from the TDM exception or limitation before and during data collection, including the opt-out protocols and solutions honoured by the provider or, as applicable, by third parties from which datasets have been obtained:", "What the runs did (packs, profile, verdicts) is added from their records.";
    "tdm.comments" "3.1" Text Attested optional [] COMMENTS, "Link to the copyright policy.";

    "illegal.measures" "3.2" Text Attested asked [] "General description of measures taken:", "Content illegal under Union law; not selection for quality.";
    "other.processing" "3.3" Text Attested optional [] "Other relevant information about data processing (optional):", "";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_sections_and_gates_exist() {
        for (at, field) in FIELDS.iter().enumerate() {
            assert!(FIELDS[at + 1..].iter().all(|other| other.key != field.key), "{}", field.key);
            assert!(sections().any(|(number, _)| number == field.section), "{}", field.key);
            assert!(field.key.contains('.'), "{}", field.key);
            for gate in field.gates {
                assert_eq!(super::field(gate).map(|gate| gate.kind), Some(Kind::YesNo), "{}", field.key);
            }
        }
    }
}
