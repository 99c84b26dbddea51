//! Evidence, for people.

use placet_disclose::evidence::{Evidence, Found, Graded};

use crate::output::{Table, foreign};

/// Grade, reasons and the table for people.
pub(super) fn spelled(evidence: &Evidence) -> String {
    let Graded { grade, reasons, not_shown } = &evidence.graded;
    let mut out = format!("grade     {} ({})\n", grade.code(), grade.words());
    out.push_str(&format!("found     {}\n", foreign(&evidence.title)));
    for reason in reasons {
        out.push_str(&format!("because   {}\n", foreign(reason)));
    }
    for line in not_shown {
        out.push_str(&format!("not shown {}\n", foreign(line)));
    }
    match &evidence.found {
        Found::AccessLog(visits) => {
            let read = &visits.read;
            out.push_str(&format!(
                "\nread {} lines: {} Combined, {} Common (names no agent), {} JSON, {} empty, {} that are none of these\n",
                read.lines, read.combined, read.common, read.json, read.empty, read.junk
            ));
            for junk in read.junk_places.iter().take(5) {
                out.push_str(&format!("  {} line {}: {}\n", foreign(&junk.file), junk.line, junk.what));
            }
            if !visits.agents.is_empty() {
                let mut table = Table::new(&[
                    "agent",
                    "class",
                    "identity",
                    "visits",
                    "delivered",
                    "against",
                    "first",
                    "last",
                ])
                .right(&[3, 4, 5]);
                for a in &visits.agents {
                    table.row([
                        a.agent.clone(),
                        a.class.clone(),
                        a.identity.code().to_owned(),
                        a.visits.to_string(),
                        a.delivered.to_string(),
                        a.against.to_string(),
                        a.first.strftime("%Y-%m-%d").to_string(),
                        a.last.strftime("%Y-%m-%d").to_string(),
                    ]);
                }
                out.push_str(&format!("\n{table}"));
            }
        }
        Found::OutputProbe(probe) => {
            let mut table = Table::new(&["work", "letters", "agreement", "extent", "words"]).right(&[1, 2]);
            for o in &probe.overlaps {
                let quote: String =
                    o.quote.chars().take(60).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
                let extent = if o.common { format!("{}, common", o.extent) } else { o.extent.clone() };
                let agreement = format!("{}.{} %", o.agreement_permille / 10, o.agreement_permille % 10);
                table.row([o.work.clone(), o.letters.to_string(), agreement, extent, quote]);
            }
            out.push_str(&format!("\n{table}"));
        }
        Found::Register(row) => {
            for line in &row.uses {
                out.push_str(&format!("  {}\n", foreign(line)));
            }
        }
        Found::SummaryLint(lint) => {
            for finding in &lint.findings {
                out.push_str(&format!(
                    "  {} {} {}\n",
                    foreign(&finding.lint),
                    foreign(&finding.place),
                    foreign(&finding.says)
                ));
            }
        }
    }
    out
}
