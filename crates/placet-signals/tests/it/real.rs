//! Real files, which stay where they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use placet_core::{Use, Verdict};
use placet_signals::{ai_txt, asset, header, html, onix, robots, tdmrep};

/// One site's complete opt-out: each of its carriers refuses.
#[test]
fn a_real_opt_out() {
    let Some(pack) = crate::shared("signals/site_pack") else { return };
    let read = |name: &str| std::fs::read(pack.join(name)).unwrap();
    let url = "https://example.org/photo.jpg";
    let denied = Some(Verdict::Denied);

    let (file, defects) = robots::parse(&read("robots.txt"));
    assert_eq!(defects, []);
    let matcher = robots::Matcher::new(&file);
    assert!(!matcher.decide("GPTBot", b"/photo.jpg").allowed);
    assert!(matcher.decide("Googlebot", b"/photo.jpg").allowed);
    let stated = robots::statements(&file, &matcher, &["GPTBot"], url);
    let purposes = stated.iter().filter(|s| s.protocol == "robots-purpose");
    let training = purposes.clone().filter(|s| s.says(Use::TrainGen) == denied).count();
    assert!(training >= 12, "{training} refusals of training agents");
    assert!(stated.iter().any(|s| s.says(Use::Access) == denied));

    let (file, _) = ai_txt::parse(&read("ai.txt"));
    assert_eq!(ai_txt::statements(&file, &[], url)[0].says(Use::TrainGen), denied);

    let (file, defects) = tdmrep::file(&read(".well-known/tdmrep.json"));
    assert_eq!(defects, []);
    let stated = tdmrep::statements(&[file.mark(url).unwrap()], Some(url));
    assert_eq!(stated[0].says(Use::Tdm), denied);

    let fields = String::from_utf8(read("headers.txt")).unwrap();
    let fields: Vec<(&str, &[u8])> =
        fields.lines().filter_map(|l| l.split_once(':')).map(|(n, v)| (n, v.as_bytes())).collect();
    let (signals, _) = header::parse(&fields);
    let protocols: Vec<&str> = signals.statements.iter().map(|s| &*s.protocol).collect();
    assert_eq!(protocols, ["noimageai", "robots-meta"]);
    assert_eq!(signals.tdmrep.unwrap().reserved, Some(true));

    let (signals, _) = html::parse(&read("meta-tags.html"), Some(url));
    let protocols: Vec<&str> = signals.statements.iter().map(|s| &*s.protocol).collect();
    assert_eq!(protocols, ["robots-meta", "noimageai"]);
    assert_eq!(signals.tdmrep.unwrap().reserved, Some(true));
}

/// Media of many formats are walked; what they are is known, and nothing is made up.
#[test]
fn real_media() {
    let mut formats: BTreeMap<String, usize> = BTreeMap::new();
    for folder in ["c2pa", "iscc/samples"] {
        let Some(folder) = crate::shared(folder) else { return };
        for path in files_under(&folder) {
            let bytes = std::fs::read(&path).unwrap();
            let (signals, _) = asset::parse(&bytes);
            if let Some(format) = signals.format {
                *formats.entry(format!("{format:?}")).or_default() += 1;
            }
            let refusals: Vec<&str> = signals
                .statements
                .iter()
                .filter(|s| s.verdict == Verdict::Denied)
                .map(|s| &*s.protocol)
                .collect();
            let expected: &[&str] =
                if path.ends_with("C_with_CAWG_data.jpg") { &["cawg", "cawg"] } else { &[] };
            assert_eq!(refusals, expected, "{}", path.display());
        }
    }
    for format in ["Jpeg", "Png", "Pdf", "Mp4", "Tiff", "Zip", "Mp3"] {
        assert!(formats.contains_key(format), "no {format} among {formats:?}");
    }
}

/// Real ONIX products are read; none of them speaks of mining.
#[test]
fn real_onix() {
    let Some(folder) = crate::shared("catalogues/onix") else { return };
    let mut count = 0;
    for path in files_under(&folder).into_iter().filter(|p| p.extension().is_some_and(|e| e == "xml")) {
        let (stated, _) = onix::parse(&std::fs::read(&path).unwrap());
        assert!(stated.is_empty(), "{}", path.display());
        count += 1;
    }
    assert!(count > 0);
    let product = |constraint: &str| {
        format!(
            "<Product><ProductIdentifier><ProductIDType>15</ProductIDType><IDValue>9783161484100</IDValue>\
             </ProductIdentifier><DescriptiveDetail>{constraint}</DescriptiveDetail></Product>"
        )
    };
    let long = "<EpubUsageConstraint><EpubUsageType>11</EpubUsageType><EpubUsageStatus>03</EpubUsageStatus>\
                </EpubUsageConstraint>";
    let (stated, _) = onix::parse(product(long).as_bytes());
    assert_eq!(stated[0].says(Use::Tdm), Some(Verdict::Denied));
    assert_eq!(stated[0].target.as_deref(), Some("isbn:9783161484100"));
    let short = "<epubusageconstraint><x318>11</x318><x319>02</x319></epubusageconstraint>";
    let (stated, _) = onix::parse(product(short).as_bytes());
    assert_eq!(stated[0].says(Use::Tdm), Some(Verdict::Conditional));
}

/// The specification's own pages carry the words they explain, not signals.
#[test]
fn real_pages() {
    let Some(page) = crate::shared("signals/tdmrep/spec/index.html") else { return };
    let (signals, _) = html::parse(&std::fs::read(page).unwrap(), None);
    assert_eq!(signals.tdmrep, None);
    assert!(signals.text.contains("TDM"));
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}
