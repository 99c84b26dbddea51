use proptest::prelude::*;

use super::*;
use crate::import::delivery::Heard;

fn heard(xml: &str) -> Heard {
    let mut heard = Heard::default();
    read(xml.as_bytes(), &mut heard).unwrap();
    heard
}

/// A message of our own with everything that is read.
fn message(resources: &str, deals: &str) -> String {
    format!(
        "<?xml version='1.0'?><ern:NewReleaseMessage xmlns:ern='http://ddex.net/xml/ern/43'>\
         <MessageHeader><MessageSender><PartyId>PADPIDA1</PartyId><PartyName><FullName>Example Records</FullName></PartyName>\
         </MessageSender><MessageCreatedDateTime>2026-06-30T10:00:00Z</MessageCreatedDateTime></MessageHeader>\
         <PartyList><Party><PartyReference>PA</PartyReference><PartyName><FullName>Ada Byron</FullName></PartyName>\
         <PartyId><IpiNameNumber>00014107338</IpiNameNumber></PartyId><PartyId><ISNI>0000000121032683</ISNI></PartyId></Party>\
         <Party><PartyReference>PL</PartyReference><PartyName><FullName>Example Records</FullName></PartyName></Party></PartyList>\
         <ResourceList>{resources}</ResourceList>\
         <ReleaseList><Release><ReleaseReference>R0</ReleaseReference><ReleaseId><GRid>A10302B0003989564F</GRid></ReleaseId>\
         <ResourceGroup><ResourceGroupContentItem><ReleaseResourceReference>A1</ReleaseResourceReference>\
         </ResourceGroupContentItem></ResourceGroup></Release></ReleaseList>\
         <DealList>{deals}</DealList></ern:NewReleaseMessage>"
    )
}

const RECORDING: &str = "<SoundRecording><ResourceReference>A1</ResourceReference><SoundRecordingEdition>\
    <ResourceId><ISRC>GBAYC1700598</ISRC></ResourceId><PLine><Year>2026</Year><PLineText>(P) 2026 Example Records</PLineText></PLine>\
    </SoundRecordingEdition><WorkId><ISWC>T0345246801</ISWC></WorkId>\
    <DisplayTitle><TitleText>Aria</TitleText><SubTitle>live</SubTitle></DisplayTitle>\
    <DisplayArtist><ArtistPartyReference>PA</ArtistPartyReference><DisplayArtistRole>MainArtist</DisplayArtistRole></DisplayArtist>\
    <Contributor><ContributorPartyReference>PA</ContributorPartyReference><Role>Composer</Role><Role>Mixer</Role></Contributor>\
    <Contributor><ContributorPartyReference>PX</ContributorPartyReference><Role>Soloist</Role></Contributor>\
    <ResourceRightsController><RightsControllerPartyReference>PL</RightsControllerPartyReference>\
    <RightSharePercentage>66.67</RightSharePercentage><TerritoryCode>DE</TerritoryCode><TerritoryCode>2130</TerritoryCode>\
    <StartDate>2026-01-01</StartDate></ResourceRightsController>\
    <WorkRightsController><RightsControllerPartyReference>PA</RightsControllerPartyReference>\
    <RightSharePercentage HasMaxValueOfOne='true'>0.5</RightSharePercentage></WorkRightsController>\
    <WorkRightsController><RightsControllerPartyReference>PL</RightsControllerPartyReference>\
    <RightShareUnknown>true</RightShareUnknown></WorkRightsController></SoundRecording>";

fn deal(period: &str) -> String {
    format!(
        "<ReleaseDeal><DealReleaseReference>R0</DealReleaseReference><Deal><DealTerms>{period}</DealTerms></Deal></ReleaseDeal>"
    )
}

#[test]
fn a_recording_and_the_work_behind_it() {
    let open = deal("<ValidityPeriod><StartDate>2026-01-01</StartDate></ValidityPeriod>");
    insta::assert_snapshot!(heard(&message(RECORDING, &open)).to_string());
}

#[test]
fn ended_deals_and_purges_take_claims_back() {
    let ended = deal("<ValidityPeriod><EndDate>2026-05-31</EndDate></ValidityPeriod>");
    let extent = |deals: &str| heard(&message(RECORDING, deals)).works.last().unwrap().extent;
    assert_eq!(extent(&ended), Extent::Ended("2026-05-31".parse().unwrap()));
    let later = deal("<ValidityPeriod><EndDate>2026-07-31</EndDate></ValidityPeriod>");
    assert_eq!(extent(&later), Extent::Whole);
    assert_eq!(extent(&(ended + &deal(""))), Extent::Whole);
    let purge = "<ern:PurgeReleaseMessage xmlns:ern='http://ddex.net/xml/ern/43'><MessageHeader><MessageSender>\
                 <PartyId>P</PartyId></MessageSender><MessageCreatedDateTime>2026-06-30T10:00:00Z</MessageCreatedDateTime>\
                 </MessageHeader><PurgedRelease><ReleaseId><GRid>A10302B0003989564F</GRid></ReleaseId></PurgedRelease>\
                 </ern:PurgeReleaseMessage>";
    assert_eq!(
        heard(purge).purged,
        [("grid:A10302B0003989564F".to_owned(), Some("2026-06-30".parse().unwrap()))]
    );
}

/// Counts over the shared samples, which may be used and not passed on.
#[test]
fn the_samples_of_the_standard() {
    let Some(folder) = crate::shared_data("catalogues/ddex_ern43") else { return };
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let mut table = String::new();
    for file in files {
        let heard = heard(&std::fs::read_to_string(&file).unwrap());
        let count = |kind: WorkKind| heard.works.iter().filter(|d| d.work.kind == kind).count();
        let claims =
            |right: Right| heard.works.iter().flat_map(|d| &d.claims).filter(|c| c.right == right).count();
        let stated = heard.works.iter().flat_map(|d| &d.claims).filter(|c| c.share != Share::Unknown).count();
        table += &format!(
            "{:<28} {} recordings {} films {} images {} compositions {} · claims: performers {} producers {} mechanical {} \
             stated {} · notes {}\n",
            file.file_name().unwrap().to_string_lossy(),
            heard.message.standard,
            count(WorkKind::Recording),
            count(WorkKind::Film),
            count(WorkKind::Image),
            count(WorkKind::Composition),
            claims(Right::NeighbouringPerformer),
            claims(Right::NeighbouringProducer),
            claims(Right::Mechanical),
            stated,
            heard.notes.len(),
        );
    }
    insta::assert_snapshot!(table);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn never_panics(
        tags in proptest::collection::vec(
            prop_oneof!["ResourceReference", "ResourceId", "ISRC", "PLine", "PLineText", "RightSharePercentage",
                "TerritoryCode", "ResourceRightsController", "RightsControllerPartyReference", "Contributor", "Role"],
            0..12,
        ),
        text in "[ -%'-;=?-~é]{0,20}",
    ) {
        let body: String = tags.iter().map(|t| format!("<{t}>")).collect::<String>()
            + &text
            + &tags.iter().rev().map(|t| format!("</{t}>")).collect::<String>();
        let mut heard = Heard::default();
        let _ = read(message(&format!("<SoundRecording>{body}</SoundRecording>"), &deal(&body)).as_bytes(), &mut heard);
    }
}
