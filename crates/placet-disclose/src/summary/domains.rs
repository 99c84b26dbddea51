//! Domains of a corpus, counted exactly, and the list of the most relevant ones that section 2.3 asks for.
//!
//! Memory is bounded by [`HOSTS_HELD`] hosts: beyond that, sorted parts go to the disk and are merged. The list itself, a tenth of
//! the domains, is held. Unit is the registrable domain by the public suffix list (`placet-suffix`); hosts are kept in `hosts.csv`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Lines, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::document::{DomainLists, DomainRow, Variant};

/// Hosts that are held in memory at once.
pub const HOSTS_HELD: usize = 1_000_000;
/// Share of domains by the template's rule, in per cent; for small providers half of it.
pub const PERCENT: u32 = 10;
/// For small providers.
pub const PERCENT_SMALL: u32 = 5;
/// For small providers: no more than this.
pub const SMALL_AT_MOST: u64 = 1_000;

/// Counts hosts.
#[derive(Debug)]
pub struct Counter {
    folder: PathBuf,
    limit: usize,
    held: HashMap<String, Count>,
    parts: Vec<PathBuf>,
    without: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    items: u64,
    volume: u64,
}

/// All domains, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Domains.
    pub domains: u64,
    /// Hosts.
    pub hosts: u64,
    /// Items with an address.
    pub items: u64,
    /// Their volume.
    pub volume: u64,
    /// Items without an address.
    pub without: u64,
    /// Sum of squared volumes.
    pub squares: u128,
    /// Items and volume by top-level domain where that is a country's.
    pub countries: BTreeMap<String, (u64, u64)>,
}

impl Counter {
    /// A counter that may write parts into this folder.
    pub fn new(folder: &Path) -> Counter {
        Counter::holding(folder, HOSTS_HELD)
    }

    fn holding(folder: &Path, limit: usize) -> Counter {
        Counter { folder: folder.to_owned(), limit, held: HashMap::new(), parts: Vec::new(), without: 0 }
    }

    /// Counts an item. Hosts that are none (stray characters) count as items without an address.
    pub fn add(&mut self, host: Option<&str>, volume: u64) -> io::Result<()> {
        let Some(host) = host.filter(|host| is_sound(host)) else {
            self.without += 1;
            return Ok(());
        };
        match self.held.get_mut(host) {
            Some(count) => {
                count.items += 1;
                count.volume += volume;
            }
            None => {
                self.held.insert(host.to_owned(), Count { items: 1, volume });
            }
        }
        if self.held.len() >= self.limit { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        let path = self.folder.join(format!(".domains-{}-{}", std::process::id(), self.parts.len()));
        let mut to = BufWriter::new(File::create(&path)?);
        self.parts.push(path);
        for (domain, host, count) in sorted(std::mem::take(&mut self.held)) {
            writeln!(to, "{domain}\t{host}\t{}\t{}", count.items, count.volume)?;
        }
        to.flush()
    }

    /// Writes all domains to `domains`, all hosts to `hosts` (CSV, in the order of names), and gives the totals.
    pub fn finish(mut self, domains: &Path, hosts: &Path) -> io::Result<Counted> {
        let last = sorted(std::mem::take(&mut self.held));
        let mut streams: Vec<Stream> = vec![Stream::Held(last.into_iter())];
        for part in &self.parts {
            streams.push(Stream::Part(BufReader::new(File::open(part)?).lines()));
        }
        let mut heads = BinaryHeap::new();
        for (at, stream) in streams.iter_mut().enumerate() {
            if let Some(row) = stream.next_row()? {
                heads.push(Reverse((row, at)));
            }
        }
        let mut to_domains = BufWriter::new(File::create(domains)?);
        let mut to_hosts = BufWriter::new(File::create(hosts)?);
        writeln!(to_domains, "domain,items,volume,hosts")?;
        writeln!(to_hosts, "host,domain,items,volume")?;
        let mut counted = Counted { without: self.without, ..Counted::default() };
        let mut open: Option<(String, Count, u64)> = None;
        let mut host: Option<(String, String, Count)> = None;
        loop {
            let next = match heads.pop() {
                Some(Reverse((row, at))) => {
                    if let Some(stream) = streams.get_mut(at)
                        && let Some(after) = stream.next_row()?
                    {
                        heads.push(Reverse((after, at)));
                    }
                    Some(row)
                }
                None => None,
            };
            if let (Some(row), Some(held)) = (&next, &mut host)
                && row.domain == held.0
                && row.host == held.1
            {
                held.2.items += row.items;
                held.2.volume += row.volume;
                continue;
            }
            if let Some((domain, name, count)) = host.take() {
                writeln!(to_hosts, "{name},{domain},{},{}", count.items, count.volume)?;
                counted.hosts += 1;
                match &mut open {
                    Some((held, sum, hosts)) if *held == domain => {
                        sum.items += count.items;
                        sum.volume += count.volume;
                        *hosts += 1;
                    }
                    _ => {
                        if let Some(done) = open.replace((domain, count, 1)) {
                            counted.domain(&mut to_domains, &done)?;
                        }
                    }
                }
            }
            match next {
                Some(row) => {
                    host = Some((row.domain, row.host, Count { items: row.items, volume: row.volume }));
                }
                None => break,
            }
        }
        if let Some(done) = open {
            counted.domain(&mut to_domains, &done)?;
        }
        to_domains.flush()?;
        to_hosts.flush()?;
        Ok(counted)
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        for part in &self.parts {
            // A part that cannot be removed harms nobody.
            let _ = fs::remove_file(part);
        }
    }
}

impl Counted {
    fn domain(
        &mut self,
        to: &mut impl io::Write,
        (domain, sum, hosts): &(String, Count, u64),
    ) -> io::Result<()> {
        self.domains += 1;
        self.items += sum.items;
        self.volume += sum.volume;
        self.squares = self.squares.saturating_add(u128::from(sum.volume).saturating_pow(2));
        if let Some(country) = country(domain) {
            let held = self.countries.entry(country.to_owned()).or_default();
            held.0 += sum.items;
            held.1 += sum.volume;
        }
        writeln!(to, "{domain},{},{},{hosts}", sum.items, sum.volume)
    }

    /// Concentration by volume: the Herfindahl-Hirschman index, 0 to 10,000, rounded to the nearest.
    pub fn hhi(&self) -> u64 {
        let all = u128::from(self.volume).saturating_pow(2);
        if all == 0 {
            return 0;
        }
        // Scaled in two steps, so that nothing overflows for volumes below 10^17.
        let scaled =
            self.squares.checked_mul(20_000).map_or(self.squares / (all / 20_000).max(1), |s| s / all);
        u64::try_from(scaled.div_ceil(2)).unwrap_or(u64::MAX)
    }
}

/// Volume, name (the first in the alphabet wins among equals), items and hosts.
type Ranked = Reverse<(u64, Reverse<String>, u64, u64)>;

/// The largest domains of a file that [`Counter::finish`] wrote, by volume, then by name.
pub fn largest(domains: &Path, most: usize) -> io::Result<Vec<DomainRow>> {
    let mut best: BinaryHeap<Ranked> = BinaryHeap::new();
    for line in BufReader::new(File::open(domains)?).lines().skip(1) {
        let line = line?;
        let mut cells = line.split(',');
        let (Some(domain), Some(items), Some(volume), Some(hosts)) =
            (cells.next(), number(cells.next()), number(cells.next()), number(cells.next()))
        else {
            continue;
        };
        best.push(Reverse((volume, Reverse(domain.to_owned()), items, hosts)));
        if best.len() > most {
            best.pop();
        }
    }
    let mut rows: Vec<DomainRow> = best
        .into_iter()
        .map(|Reverse((volume, Reverse(domain), items, hosts))| DomainRow { domain, items, volume, hosts })
        .collect();
    rows.sort_by(|a, b| b.volume.cmp(&a.volume).then_with(|| a.domain.cmp(&b.domain)));
    Ok(rows)
}

/// The lists of section 2.3 in all readings of the rule, the broadest published.
pub fn lists(counted: &Counted, domains: &Path, unit: &str, small: bool) -> io::Result<DomainLists> {
    let percent = if small { PERCENT_SMALL } else { PERCENT };
    let at_most = small.then_some(SMALL_AT_MOST);
    let share = (counted.domains * u64::from(percent)).div_ceil(100);
    let by_count = at_most.map_or(share, |most| share.min(most));
    let list = largest(domains, usize::try_from(by_count).unwrap_or(usize::MAX))?;
    let volume_of = |n: u64| list.iter().take(n as usize).map(|row| row.volume).sum::<u64>();
    let wanted = u128::from(counted.volume) * u128::from(percent);
    let mut sum = 0_u128;
    let mut by_volume = 0_u64;
    for row in &list {
        if sum * 100 >= wanted {
            break;
        }
        sum += u128::from(row.volume);
        by_volume += 1;
    }
    let cap = if small { format!(", at most {SMALL_AT_MOST}") } else { String::new() };
    let count_says = format!("the largest domains by {unit}, as many as {percent} % of all domains{cap}");
    let volume_says = format!("the largest domains that together make up {percent} % of all {unit}{cap}");
    let mut variants = Vec::new();
    for (scope, of) in
        [("overall", ""), ("text", "; text is the only modality that was measured, so this is the same list")]
    {
        for (name, says, n) in [("count", &count_says, by_count), ("volume", &volume_says, by_volume)] {
            variants.push(Variant {
                name: format!("{name}/{scope}"),
                says: format!("{says}{of}"),
                domains: n,
                volume: volume_of(n),
            });
        }
    }
    Ok(DomainLists {
        percent,
        at_most,
        unit: unit.to_owned(),
        domains: counted.domains,
        volume: counted.volume,
        items_without_address: counted.without,
        published: "count/overall".to_owned(),
        variants,
        list,
    })
}

/// The registrable domain of a host; the host itself where it has none (an address, a public suffix).
pub fn registrable(host: &str) -> &str {
    if host.parse::<IpAddr>().is_ok() {
        return host;
    }
    placet_suffix::domain(host).unwrap_or(host)
}

/// The country's top-level domain of a name, if it ends in one.
fn country(domain: &str) -> Option<&str> {
    let (_, last) = domain.rsplit_once('.')?;
    (last.len() == 2 && last.bytes().all(|b| b.is_ascii_lowercase())).then_some(last)
}

fn is_sound(host: &str) -> bool {
    !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))
}

fn number(cell: Option<&str>) -> Option<u64> {
    cell?.parse().ok()
}

fn sorted(held: HashMap<String, Count>) -> Vec<(String, String, Count)> {
    let mut rows: Vec<(String, String, Count)> =
        held.into_iter().map(|(host, count)| (registrable(&host).to_owned(), host, count)).collect();
    rows.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    rows
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    domain: String,
    host: String,
    items: u64,
    volume: u64,
}

enum Stream {
    Held(std::vec::IntoIter<(String, String, Count)>),
    Part(Lines<BufReader<File>>),
}

impl Stream {
    fn next_row(&mut self) -> io::Result<Option<Row>> {
        match self {
            Self::Held(rows) => Ok(rows.next().map(|(domain, host, count)| Row {
                domain,
                host,
                items: count.items,
                volume: count.volume,
            })),
            Self::Part(lines) => {
                let Some(line) = lines.next().transpose()? else { return Ok(None) };
                let mut cells = line.split('\t');
                let row = (|| {
                    Some(Row {
                        domain: cells.next()?.to_owned(),
                        host: cells.next()?.to_owned(),
                        items: number(cells.next())?,
                        volume: number(cells.next())?,
                    })
                })();
                row.map(Some)
                    .ok_or_else(|| io::Error::other("a part of the count of domains was changed meanwhile"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn registrable_domains_follow_the_public_suffix_list() {
        for (host, domain) in [
            ("news.bbc.co.uk", "bbc.co.uk"),
            ("example.org", "example.org"),
            ("a.b.blogspot.com", "b.blogspot.com"),
            ("192.168.0.1", "192.168.0.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("com", "com"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(registrable(host), domain, "{host}");
        }
    }

    #[test]
    fn the_rule_is_read_in_all_ways_and_the_broadest_is_listed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut counter = Counter::new(folder.path());
        for n in 1..=40_u64 {
            for _ in 0..n {
                counter.add(Some(&format!("www{n}.site{n}.org")), 100).expect("memory");
            }
        }
        counter.add(None, 5).expect("memory");
        counter.add(Some("a,b"), 5).expect("memory");
        let (domains, hosts) = (folder.path().join("d.csv"), folder.path().join("h.csv"));
        let counted = counter.finish(&domains, &hosts).expect("writes");
        assert_eq!((counted.domains, counted.volume, counted.without), (40, 82_000, 2));
        let wide = lists(&counted, &domains, "bytes of text", false).expect("reads");
        assert_eq!(
            wide.list.iter().map(|row| row.domain.as_str()).collect::<Vec<_>>(),
            ["site40.org", "site39.org", "site38.org", "site37.org"]
        );
        // 40 + 39 + 38 = 117 of 820 is the first sum above a tenth.
        let sizes: Vec<u64> = wide.variants.iter().map(|variant| variant.domains).collect();
        assert_eq!(sizes, [4, 3, 4, 3]);
        let small = lists(&counted, &domains, "bytes of text", true).expect("reads");
        assert_eq!(small.list.len(), 2);
        // By hand: (1² + … + 40²) / 820² × 10,000 = 22,140 / 672,400 × 10,000 = 329.3.
        assert_eq!(counted.hhi(), 329);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn spilled_parts_change_nothing(hosts in prop::collection::vec(("[a-c]{1,2}\\.(org|co\\.uk|de)", 0_u64..50), 0..60)) {
            let folder = tempfile::tempdir().expect("a folder");
            let mut results = Vec::new();
            for limit in [2, usize::MAX] {
                let mut counter = Counter::holding(folder.path(), limit);
                for (host, volume) in &hosts {
                    counter.add(Some(host), *volume).expect("writes");
                }
                let paths = [folder.path().join("d"), folder.path().join("h")];
                let counted = counter.finish(&paths[0], &paths[1]).expect("writes");
                results.push((counted, paths.map(|path| fs::read_to_string(path).expect("reads"))));
            }
            prop_assert_eq!(&results[0], &results[1]);
            prop_assert_eq!(fs::read_dir(folder.path()).expect("reads").count(), 2);
        }
    }
}
