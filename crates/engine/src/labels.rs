//! Puts labels to keys, so that a browser needs no schema.

use std::collections::HashMap;

use domain::{
    Facet, FacetValue, Fact, Labelled, ScenarioCard, ScenarioFilter, ScenarioView, Segment,
    Severity, Source, Tag,
};
use store::FoundCard;

use crate::Engine;

/// Crisis labels shown as facet values; there are 140, most of no use in a list.
const MAX_LABELS: usize = 12;
/// Attributes shown on a card.
const CARD_FACTS: usize = 5;

impl Engine {
    pub(crate) fn labelled_domain(&self, key: &str) -> Labelled {
        Labelled { key: key.to_owned(), label: self.schema.domain_label(key).to_owned() }
    }

    pub(crate) fn card(&self, found: FoundCard) -> ScenarioCard {
        let FoundCard { scenario, query, matched_profile } = found;
        let severe = scenario.severity == Severity::Severe;
        // Emotional states are sentences: too long for a card, and the first thing to cover.
        let texts = self.schema.attributes.iter().filter(|it| it.group != "emotional").filter_map(
            |attribute| {
                let known = scenario.profile.get(&attribute.key)?;
                if attribute.key == "self_harm_history" {
                    return None;
                }
                Some(known.value.clone().unwrap_or_else(|| known.text.clone()))
            },
        );
        ScenarioCard {
            domain: self.labelled_domain(&scenario.domain),
            facts: texts.take(CARD_FACTS).collect(),
            query: if severe { Vec::new() } else { query },
            matched_profile: if severe { Vec::new() } else { matched_profile },
            id: scenario.id,
            label: scenario.label,
            source: scenario.source,
            severity: scenario.severity,
            tags: scenario.tags,
        }
    }

    pub(crate) fn view(&self, scenario: domain::Scenario) -> ScenarioView {
        let facts = self.schema.attributes.iter().map(|attribute| {
            let known = scenario.profile.get(&attribute.key);
            Fact {
                key: attribute.key.clone(),
                label: attribute.label.clone(),
                text: known.map(|it| it.text.clone()),
                value: known.and_then(|it| it.value.clone()),
            }
        });
        ScenarioView {
            facts: facts.collect(),
            domain: self.labelled_domain(&scenario.domain),
            scenario,
        }
    }

    /// Facets in the order in which they are shown: domain, severity, tag, source, label, then attributes.
    pub(crate) fn facets(
        &self,
        filter: &ScenarioFilter,
        counts: &HashMap<String, HashMap<String, u64>>,
    ) -> Vec<Facet> {
        let keyed = |pairs: Vec<(&str, &str)>| -> Vec<(String, String)> {
            pairs.into_iter().map(|(key, label)| (key.to_owned(), label.to_owned())).collect()
        };
        let domains =
            self.schema.domains.iter().map(|it| (it.key.as_str(), it.label.as_str())).collect();
        let severities = Severity::ALL.iter().map(|it| (it.key(), it.label())).collect();
        let tags = Tag::ALL.iter().map(|it| (it.key(), it.label())).collect();
        let sources = Source::ALL.iter().map(|it| (it.key(), it.label())).collect();
        let mut labels: Vec<(&String, &u64)> = counts.get("label").into_iter().flatten().collect();
        labels.sort_by_key(|(label, count)| {
            (!filter.labels.contains(label), u64::MAX - **count, *label)
        });
        let labels = labels.into_iter().take(MAX_LABELS.max(filter.labels.len()));
        let labels = labels.map(|(label, _)| (label.as_str(), label.as_str())).collect();
        let fixed = [
            ("domain", "Domain", keyed(domains)),
            ("severity", "Severity", keyed(severities)),
            ("tag", "Touches", keyed(tags)),
            ("source", "Source", keyed(sources)),
            ("label", "Crisis", keyed(labels)),
        ];
        let fixed = fixed
            .into_iter()
            .map(|(key, label, values)| (key.to_owned(), label.to_owned(), values));
        let attributes = self.schema.attributes.iter().map(|it| {
            let values = it.values.iter().map(|value| (value.clone(), value.clone())).collect();
            (it.key.clone(), it.label.clone(), values)
        });
        let facets = fixed.chain(attributes).map(|(key, label, values)| {
            let counts = counts.get(&key);
            let chosen = filter.chosen(&key);
            let values = values.into_iter().filter_map(|(value, label)| {
                let count = counts.and_then(|it| it.get(&value)).copied().unwrap_or(0);
                let selected = chosen.contains(&value.as_str());
                (count > 0 || selected).then_some(FacetValue { value, label, count, selected })
            });
            Facet { values: values.collect(), key, label }
        });
        facets.filter(|it| !it.values.is_empty()).collect()
    }
}

/// A whole text as one segment.
pub(crate) fn plain(text: &str) -> Vec<Segment> {
    vec![Segment { text: text.to_owned(), hit: false }]
}
