//! JSON Lines.

use placet_corpus::ReadOptions;

use crate::support::{Corpus, asides, clear, clear_all, gunzip, gzip, items, records, told, zstd};

const LINES: &str = concat!(
    "{\"id\": \"a\", \"text\": \"One \\u00e9\\ud83d\\ude00 \\\"two\\\"\\nthree\", \"url\":\"https://example.org/a\"}\n",
    "\n",
    "{\"text\":\"second\",\"metadata\":{\"language\":\"en\",\"date_download\":\"2020-03-29T09:04:10Z\"},\"id\":7}\r\n",
    "{\"raw_content\":\"third\",\"text\":null,\"source\":\"cc\"}\n",
    "{\"messages\":[{\"role\":\"user\",\"content\":\"ask\"},{\"role\":\"x\",\"content\":\"answer\"}]}",
);

#[test]
fn items_carry_their_own_id_address_language_and_time() {
    let corpus = Corpus::new();
    let items = items(&corpus.put("a.jsonl", LINES));
    let facts: Vec<_> = items
        .iter()
        .map(|item| {
            let captured = item.captured.map(|at| at.to_string());
            (
                item.ordinal,
                item.id.as_deref(),
                item.url.as_deref(),
                item.language.as_deref(),
                captured,
                &*item.text,
            )
        })
        .collect();
    insta::assert_debug_snapshot!(facts);
}

#[test]
fn a_text_is_a_part_of_its_line_until_it_is_read() {
    let corpus = Corpus::new();
    let lines = concat!(
        "{\"text\": \"\\tOne \\\"two\\\"\\n\\\\é\"}\n",
        "{\"text\": \"\"}\n",
        "{\"text\": \"caf\\u00e9\"}\n",
        "{\"messages\": [{\"content\": \"a\"}, {\"content\": \"b\"}]}\n",
    );
    for (name, bytes) in [("a.jsonl", lines.as_bytes().to_vec()), ("b.jsonl.zst", zstd(lines.as_bytes()))] {
        let items = items(&corpus.put(name, bytes));
        let quoted: Vec<_> = items.iter().map(|item| item.text.quoted()).collect();
        assert_eq!(quoted, [Some("\\tOne \\\"two\\\"\\n\\\\é".as_bytes()), Some(b""), None, None], "{name}");
        let lengths: Vec<_> = items.iter().map(|item| item.text.len()).collect();
        let texts: Vec<_> = items.iter().map(|item| item.text.as_str()).collect();
        assert_eq!(texts, ["\tOne \"two\"\n\\é", "", "café", "a\nb"], "{name}");
        assert_eq!(lengths, texts.iter().map(|text| text.len()).collect::<Vec<_>>(), "{name}");
        assert!(items.iter().all(|item| item.text.quoted().is_none()), "{name}");
    }
}

#[test]
fn compression_changes_nothing() {
    let corpus = Corpus::new();
    let plain = items(&corpus.put("a.jsonl", LINES));
    let (head, tail) = LINES.split_at(70);
    let members = [gzip(head.as_bytes()), gzip(b""), gzip(tail.as_bytes())].concat();
    assert_eq!(items(&corpus.put("b.jsonl.gz", members)), plain);
    let frames = [zstd(head.as_bytes()), zstd(tail.as_bytes())].concat();
    assert_eq!(items(&corpus.put("c.jsonl.zst", frames)), plain);
}

#[test]
fn keeping_all_reproduces_the_bytes() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out");
    clear_all(&corpus.put("a.jsonl", LINES), &out);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), LINES);
    clear_all(&corpus.put("a.jsonl.gz", gzip(LINES.as_bytes())), &out);
    assert_eq!(gunzip(&std::fs::read(&out).unwrap()), LINES.as_bytes());
    clear_all(&corpus.put("a.jsonl.zst", zstd(LINES.as_bytes())), &out);
    assert_eq!(zstd::decode_all(&*std::fs::read(&out).unwrap()).unwrap(), LINES.as_bytes());
}

#[test]
fn a_cut_takes_the_span_and_nothing_else() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out.jsonl");
    clear(&corpus.put("a.jsonl", LINES), &out, |item| match item.ordinal {
        1 => Some(vec![5..7, 12..13]),
        5 => Some(vec![2..6]),
        3 => None,
        _ => Some(Vec::new()),
    });
    let cut = std::fs::read_to_string(&out).unwrap();
    assert_eq!(
        cut,
        concat!(
            "{\"id\": \"a\", \"text\": \"One \\u00e9\\\"two\\\"three\", \"url\":\"https://example.org/a\"}\n",
            "\n",
            "{\"raw_content\":\"third\",\"text\":null,\"source\":\"cc\"}\n",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"as\"},{\"role\":\"x\",\"content\":\"swer\"}]}",
        )
    );
}

#[test]
fn named_fields_are_joined_in_the_order_given() {
    let corpus = Corpus::new();
    let path =
        corpus.put("a.jsonl", "{\"b\":{\"c\":\"second\"},\"a\":\"first\",\"text\":\"no\",\"key\":\"k\"}\n");
    let options = ReadOptions {
        text_fields: vec!["a".to_owned(), "b.c".to_owned()],
        id_field: Some("key".to_owned()),
        ..ReadOptions::default()
    };
    insta::assert_snapshot!(told(&records(&path, &options)), @"item 1 - 12 chars: first⏎second");
}

#[test]
fn bad_lines_are_named_and_the_others_read() {
    let corpus = Corpus::new();
    let mut bytes =
        b"{\"text\":\"ok\"}\n{\"text\":\"cut\n[1,2]\n{\"title\":\"no text\"}\n{\"text\":\"\xff\"}\n".to_vec();
    bytes.extend_from_slice(format!("{{\"text\":\"{}\"}}\n", "long ".repeat(100)).as_bytes());
    bytes.extend_from_slice(b"{\"text\":\"last\"}");
    let path = corpus.put("a.jsonl", bytes);
    let options = ReadOptions { item_bytes_max: 100, ..ReadOptions::default() };
    insta::assert_snapshot!(told(&records(&path, &options)));
}

#[test]
fn a_file_in_utf16_or_one_array_says_what_to_do() {
    let corpus = Corpus::new();
    let utf16: Vec<u8> = "\u{feff}{\"text\":\"a\"}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let path = corpus.put("a.json", utf16);
    insta::assert_snapshot!(asides(&records(&path, &ReadOptions::default()))[0], @"a.json: line 1: the file is UTF-16; JSON Lines are UTF-8 (convert the file: iconv -f UTF-16 -t UTF-8)");
    let path = corpus.put("c.json", "{\n  \"text\": \"a\"\n}\n");
    insta::assert_snapshot!(told(&records(&path, &ReadOptions::default())), @"aside c.json: line 1: the file is one JSON object over several lines, not one record a line (write one record a line: jq -c .)");
    let path = corpus.put("b.json", "[\n{\"text\":\"a\"},\n{\"text\":\"b\"}\n]\n");
    insta::assert_snapshot!(told(&records(&path, &ReadOptions::default())), @"aside b.json: line 1: the file is one JSON array, not one record a line (write one record a line: jq -c '.[]')");
}
