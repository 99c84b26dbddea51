//! Texts and pages, one a file, in the encodings people have.

use placet_corpus::{ReadOptions, Record};

use crate::support::{Corpus, asides, clear, clear_all, gzip, items, records, told, zstd};

#[test]
fn a_page_gives_its_text_with_the_way_back() {
    let corpus = Corpus::new();
    let source =
        "<html lang=\"fr\"><title>T&eacute;</title><p>Un <b>mot</b> d&rsquo;or</p><script>no()</script>";
    let item = items(&corpus.put("a.html", source)).remove(0);
    assert_eq!(item.text, "Té\nUn mot d’or\n");
    assert_eq!(item.language.as_deref(), Some("fr"));
    let original = item.origin.range(3..13);
    let cut: String = source.chars().skip(original.start).take(original.len()).collect();
    assert_eq!(cut, "Un <b>mot</b> d&rsquo;o");
}

#[test]
fn a_cut_in_a_page_leaves_the_markup() {
    let corpus = Corpus::new();
    let path = corpus.put("a.html", "<p>Un <b>mot</b> d&rsquo;or</p><p>reste</p>");
    let out = corpus.path().join("out.html");
    clear(&path, &out, |item| Some(vec![item.origin.range(3..10)]));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "<p>Un <b></b>r</p><p>reste</p>");
}

#[test]
fn encodings_are_read_and_cut_byte_for_byte() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out");
    let text = "Vorne Größe “klein” – 東京タワー 😀 hinten";
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cut16: Vec<u8> =
        "\u{feff}Vorne “klein” – 東京タワー 😀 hinten".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = format!("\u{feff}{text}");
    for (name, bytes, cut) in [
        ("utf8.txt", text.as_bytes(), "Vorne “klein” – 東京タワー 😀 hinten".as_bytes()),
        ("mark.txt", marked.as_bytes(), "\u{feff}Vorne “klein” – 東京タワー 😀 hinten".as_bytes()),
        ("utf16.txt", &utf16, &cut16),
    ] {
        let path = corpus.put(name, bytes);
        assert_eq!(items(&path)[0].text, text, "{name}");
        clear_all(&path, &out);
        assert_eq!(std::fs::read(&out).unwrap(), bytes, "{name}");
        clear(&path, &out, |_| Some(vec![6..12]));
        assert_eq!(std::fs::read(&out).unwrap(), cut, "{name}");
    }
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode("Vorne Größe “klein” – für alle Häuser");
    let path = corpus.put("latin.txt", &latin);
    assert_eq!(items(&path)[0].text, "Vorne Größe “klein” – für alle Häuser");
    clear(&path, &out, |_| Some(vec![8..9, 10..20]));
    let (cut, _, _) = encoding_rs::WINDOWS_1252.encode("Vorne Grß– für alle Häuser");
    assert_eq!(std::fs::read(&out).unwrap(), &*cut);

    let page = "<meta charset=shift_jis><p>東京タワーは赤い</p>";
    let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode(page);
    let path = corpus.put("sjis.html", &sjis);
    assert_eq!(items(&path)[0].text, "東京タワーは赤い\n");
    clear(&path, &out, |item| Some(vec![item.origin.range(2..5)]));
    let (cut, _, _) = encoding_rs::SHIFT_JIS.encode("<meta charset=shift_jis><p>東京は赤い</p>");
    assert_eq!(std::fs::read(&out).unwrap(), &*cut);
}

#[test]
fn bytes_that_are_not_utf8_lose_nothing_around_them() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out");
    let bytes = b"Gr\xc3\xb6\xc3\x9fe und \xff M\xc3\xbcll";
    let path = corpus.put("a.txt", bytes);
    assert_eq!(items(&path)[0].text, "Größe und \u{fffd} Müll");
    clear_all(&path, &out);
    assert_eq!(std::fs::read(&out).unwrap(), bytes);
    clear(&path, &out, |_| Some(vec![0..6]));
    assert_eq!(std::fs::read(&out).unwrap(), b"und \xff M\xc3\xbcll");
}

#[test]
fn compressed_texts_are_one_item_and_stay_compressed() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out");
    let path = corpus.put("a.txt.gz", gzip(b"some text"));
    assert_eq!(items(&path)[0].text, "some text");
    clear_all(&path, &out);
    assert_eq!(std::fs::read(&out).unwrap(), gzip(b"some text"));
    assert_eq!(items(&corpus.put("b.md.zst", zstd(b"# b")))[0].text, "# b");
}

#[test]
fn data_and_oversize_are_named() {
    let corpus = Corpus::new();
    let path = corpus.put("a.txt", b"\x7fELF\x02\x01\x01\0\0\0");
    insta::assert_snapshot!(told(&records(&path, &ReadOptions::default())), @"aside a.txt: file: binary data, not text (remove it from the corpus, or convert it to text)");
    let path = corpus.put("b.txt", "x".repeat(2000));
    let options = ReadOptions { item_bytes_max: 1000, ..ReadOptions::default() };
    insta::assert_snapshot!(told(&records(&path, &options)), @"aside b.txt: file: 2000 bytes, more than the 1000 allowed for one item (raise --max-item-bytes)");
    let mut cut = gzip("text ".repeat(1000).as_bytes());
    cut.truncate(30);
    let found = records(&corpus.put("c.txt.gz", cut), &ReadOptions::default());
    assert!(found.iter().all(|record| matches!(record, Record::Aside(_))));
    insta::assert_snapshot!(asides(&found)[0], @"c.txt.gz: byte 0: the file ends inside a gzip member (fetch the file again; what stands in the other members was read)");
}

#[test]
fn a_document_that_is_not_kept_leaves_no_file() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out");
    clear(&corpus.put("a.txt", "text"), &out, |_| None);
    assert!(!out.exists());
}
