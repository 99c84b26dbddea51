use placet_core::{RelationKind, Right, Role, Share, Territory, Use};
use placet_registry::newest;
use placet_remunerate::claim::Question;
use placet_remunerate::resolve::{RuleSet, State, resolve};

use crate::support::{Desk, day};

/// A record of CWR: type, prefix, fields at their columns.
fn record(kind: &str, fields: &[(usize, &str)]) -> String {
    let mut line: Vec<char> = format!("{kind}0000000000000000").chars().collect();
    for (at, text) in fields {
        line.resize(line.len().max(at + text.chars().count()), ' ');
        line.splice(at..&(at + text.chars().count()), text.chars());
    }
    line.into_iter().collect::<String>() + "\r\n"
}

fn cwr(kind: &str, writers: &[(&str, &str, &str)]) -> String {
    let mut header: Vec<char> = "HDRPB000000001EXAMPLE PRESS".chars().collect();
    header.resize(101, ' ');
    header.splice(59..86, "01.102026010112000020260101".chars());
    let head = record(kind, &[(19, "THE SONG"), (81, "W1"), (95, "T0345246801")]);
    let writers = writers.iter().map(|(number, name, share)| {
        record("SWR", &[(19, number), (28, name), (104, "C "), (129, share), (137, share), (145, share)])
    });
    header.into_iter().collect::<String>() + "\r\n" + &head + &writers.collect::<String>()
}

fn state(desk: &Desk, as_of: i64, used: i64) -> State {
    let holdings = desk.registry.claims(day(as_of)).unwrap();
    let question = Question {
        work: "cwr:PB000000001/W1".into(),
        right: Right::Mechanical,
        purpose: Use::TrainGen,
        territory: Territory::World,
        day: day(used).to_zoned(jiff::tz::TimeZone::UTC).date(),
        as_of: day(as_of),
    };
    resolve(&holdings.claims, &RuleSet::plain(), &question).state
}

#[test]
fn a_revision_supersedes_and_ends() {
    for mut desk in Desk::all() {
        let file = desk.write("w.V21", cwr("NWR", &[("A", "ADA", "05000"), ("B", "BOB", "05000")]));
        let first = desk.register(&file, day(1));
        assert_eq!((first.new, first.deliveries[0].claims.new), (1, 6));
        assert_eq!(first.deliveries[0].origin, "EXAMPLE PRESS (PB000000001)");
        let again = desk.register(&file, day(2));
        assert_eq!((again.unchanged, again.deliveries[0].claims.unchanged), (1, 6));
        desk.write("w.V21", cwr("REV", &[("A", "ADA", "07500"), ("C", "CAY", "05000")]));
        let claims = desk.register(&file, day(3)).deliveries[0].claims;
        assert_eq!((claims.new, claims.changed, claims.ended), (3, 3, 3));
        // Before the revision was known all was well; then 125 % are claimed, from the day after the revision.
        assert_eq!([state(&desk, 2, 9), state(&desk, 3, 9)], [State::Resolved, State::OverClaimed]);
        let entries = desk.registry.claims_in("cwr:PB000000001/W1", day(9)).unwrap();
        assert_eq!((entries.len(), newest(&entries).iter().filter(|e| e.ended).count()), (15, 3));
        assert!(entries[0].source.place.as_deref().unwrap().contains("line 3"));
    }
}

#[test]
fn a_delivery_joins_what_is_registered() {
    for mut desk in Desk::all() {
        desk.write("aria.txt", "Words of the aria.");
        let table =
            desk.write("w.csv", "id,title,kind,iswc,file\nmine,The Song,composition,T0345246801,aria.txt\n");
        desk.register(&table, day(1));
        let file = desk.write("w.V21", cwr("NWR", &[("A", "ADA", "10000")]));
        assert_eq!(desk.register(&file, day(2)).changed, 1);
        let entry = desk.registry.work("cwr:PB000000001/W1").unwrap().unwrap();
        // Id and title are the catalogue's; numbers and credits were added; the text is still there.
        assert_eq!((entry.work.id.as_str(), entry.work.title.as_str()), ("mine", "The Song"));
        assert!(entry.text.is_some());
        assert_eq!(entry.work.credits[0].role, Role::Composer);
        assert_eq!(desk.registry.claims_in("mine", day(3)).unwrap().len(), 3);
        assert_eq!(desk.register(&file, day(3)).unchanged, 1);
    }
}

fn ern(root: &str, date: &str, body: &str) -> String {
    format!(
        "<ern:{root} xmlns:ern='http://ddex.net/xml/ern/43'><MessageHeader><MessageSender><PartyId>P1</PartyId></MessageSender>\
         <MessageCreatedDateTime>{date}T10:00:00Z</MessageCreatedDateTime></MessageHeader>{body}</ern:{root}>"
    )
}

const RECORDING: &str = "<PartyList><Party><PartyReference>PA</PartyReference><PartyName><FullName>Ada</FullName></PartyName></Party>\
    </PartyList><ResourceList><SoundRecording><ResourceReference>A1</ResourceReference><ResourceId><ISRC>GBAYC1700598</ISRC></ResourceId>\
    <DisplayTitleText>Aria</DisplayTitleText><Contributor><ContributorPartyReference>PA</ContributorPartyReference>\
    <Role>Composer</Role><Role>Soloist</Role></Contributor></SoundRecording></ResourceList><ReleaseList><Release>\
    <ReleaseReference>R0</ReleaseReference><ReleaseId><GRid>A10302B0003989564F</GRid></ReleaseId><ResourceGroup>\
    <ReleaseResourceReference>A1</ReleaseResourceReference></ResourceGroup></Release></ReleaseList>";

#[test]
fn a_purge_takes_claims_back_and_deletes_nothing() {
    for mut desk in Desk::all() {
        let file = desk.write("r.xml", ern("NewReleaseMessage", "2023-11-15", RECORDING));
        let done = desk.register(&file, day(1));
        assert_eq!((done.new, done.deliveries[0].claims.new), (2, 3));
        let relations = desk.registry.relations_at("isrc:GBAYC1700598", day(1)).unwrap();
        assert_eq!(relations[0].kind, RelationKind::Records);
        let purge = "<PurgedRelease><ReleaseId><GRid>A10302B0003989564F</GRid></ReleaseId></PurgedRelease>";
        let file = desk.write("p.xml", ern("PurgeReleaseMessage", "2023-11-20", purge));
        assert_eq!(desk.register(&file, day(8)).deliveries[0].claims.ended, 1);
        let entries = desk.registry.claims_in("isrc:GBAYC1700598", day(9)).unwrap();
        let last = entries.last().unwrap();
        assert_eq!((entries.len(), last.ended, last.claim.share), (2, true, Share::Unknown));
        assert_eq!(last.claim.period.to_string(), "../2023-11-20");
        assert_eq!(desk.titles_at(day(9)).len(), 2);
        assert_eq!(desk.register(&file, day(9)).deliveries[0].claims.ended, 0);
    }
}

#[test]
fn a_broken_delivery_keeps_what_came_before_the_fault() {
    for mut desk in Desk::all() {
        let product = |n: u32| {
            format!(
                "<Product><RecordReference>p{n}</RecordReference><Title><TitleText>Book {n}</TitleText></Title></Product>"
            )
        };
        let text = format!("<ONIXMessage>{}{}<Product><Rec", product(1), product(2));
        let done = {
            let file = desk.write("o.xml", text);
            desk.register(&file, day(1))
        };
        assert_eq!((done.new, done.aside_count), (2, 1));
        let laughs = desk.write(
        "l.xml",
        "<!DOCTYPE ONIXMessage [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><ONIXMessage><Product>&b;</Product></ONIXMessage>",
    );
        let done = desk.register(&laughs, day(2));
        assert!(done.aside[0].reason.contains("entities of its own"), "{:?}", done.aside);
    }
}

/// Every shared sample, as a rightsholder would hand them over: all at once, and once more.
#[test]
fn the_shared_samples_twice() {
    let Some(folder) = std::env::var_os("PLACET_SHARED_DATA") else {
        println!("skipped: PLACET_SHARED_DATA is not set");
        return;
    };
    let folder = std::path::Path::new(&folder).join("catalogues");
    let mut everywhere = Vec::new();
    for mut desk in Desk::all() {
        let mut lines = String::new();
        for (n, part) in (1..).zip(["cwr", "ddex_ern43", "onix", "musicbrainz"]) {
            let done = desk.register(&folder.join(part), day(n));
            lines +=
                &format!("{part}: {} new {} changed {} unchanged\n", done.new, done.changed, done.unchanged);
            for d in done.deliveries {
                let c = d.claims;
                lines += &format!(
                    "  {} [{}] {} works · claims {} new {} changed {} unchanged {} ended · {} mandates · {} notes\n",
                    d.file, d.standard, d.works, c.new, c.changed, c.unchanged, c.ended, d.mandates, d.notes
                );
            }
        }
        insta::assert_snapshot!("the_shared_samples_twice", lines);
        let before = desk.registry.claims(day(10)).unwrap();
        for part in ["cwr", "ddex_ern43", "onix"] {
            for d in desk.register(&folder.join(part), day(20)).deliveries {
                assert_eq!((d.claims.new, d.claims.changed, d.claims.ended), (0, 0, 0), "{}", d.file);
            }
        }
        let after = desk.registry.claims(day(30)).unwrap();
        assert_eq!(before.claims.digest(), after.claims.digest());
        assert_eq!(before.mandates.digest(), after.mandates.digest());
        let conflicts = desk.registry.conflicts(
            &RuleSet::plain(),
            day(9).to_zoned(jiff::tz::TimeZone::UTC).date(),
            day(30),
        );
        let mut works = Vec::new();
        desk.registry
            .works_at(day(30), &mut |entry| {
                works.push(serde_json::to_string(&entry).unwrap());
                Ok(())
            })
            .unwrap();
        everywhere.push((
            after.claims.digest(),
            after.catalogue.digest(),
            serde_json::to_string(&conflicts.unwrap()).unwrap(),
            works,
        ));
    }
    // Either database holds the same, to the byte.
    assert!(everywhere.iter().all(|one| one == &everywhere[0]));
}
