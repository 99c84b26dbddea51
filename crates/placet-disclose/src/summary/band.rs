//! Modalities and the size bands of section 1.3 of the template.

use serde::{Deserialize, Serialize};

/// A modality of training data, as the form divides them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Modality {
    /// Text, code and markup.
    Text,
    /// Still images.
    Image,
    /// Sound that is no part of a video; speech is audio.
    Audio,
    /// Moving images with their sound.
    Video,
    /// What the form asks to be named with a unit of its own.
    Other,
}

impl Modality {
    /// All modalities, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Text, Self::Image, Self::Audio, Self::Video, Self::Other];

    /// The word on the form.
    pub fn label(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Image => "Image",
            Self::Audio => "Audio",
            Self::Video => "Video",
            Self::Other => "Other",
        }
    }

    /// The unit in which the form measures a modality; none for [`Modality::Other`].
    pub fn unit(self) -> Option<&'static str> {
        match self {
            Self::Text => Some("tokens"),
            Self::Image => Some("images"),
            Self::Audio | Self::Video => Some("hours"),
            Self::Other => None,
        }
    }

    /// The three bands of this modality, as the form words them; none for [`Modality::Other`].
    pub fn bands(self) -> Option<[&'static str; 3]> {
        match self {
            Self::Text => Some([
                "Less than 1 billion tokens",
                "1 billion to 10 trillion tokens",
                "More than 10 trillion tokens",
            ]),
            Self::Image => Some([
                "Less than 1 million images",
                "1 million to 1 billion images",
                "More than 1 billion images",
            ]),
            Self::Audio | Self::Video => {
                Some(["Less than 10 000 hours", "10 000 to 1 million hours", "More than 1 million hours"])
            }
            Self::Other => None,
        }
    }

    /// Least amount of the middle band, and the greatest, in this modality's unit. The form does not say which band a boundary
    /// belongs to; here both belong to the middle one.
    pub fn middle_band(self) -> Option<(u64, u64)> {
        match self {
            Self::Text => Some((1_000_000_000, 10_000_000_000_000)),
            Self::Image => Some((1_000_000, 1_000_000_000)),
            Self::Audio | Self::Video => Some((10_000, 1_000_000)),
            Self::Other => None,
        }
    }

    /// The band of an amount in this modality's unit.
    pub fn band_of(self, amount: u64) -> Option<&'static str> {
        let (least, most) = self.middle_band()?;
        let [below, within, above] = self.bands()?;
        Some(match amount {
            n if n < least => below,
            n if n <= most => within,
            _ => above,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_belong_to_the_middle_band() {
        for modality in Modality::ALL {
            let Some((least, most)) = modality.middle_band() else {
                assert_eq!(modality.band_of(1), None);
                continue;
            };
            let [below, within, above] = modality.bands().expect("measured modalities have bands");
            assert_eq!(modality.band_of(least - 1), Some(below));
            assert_eq!(modality.band_of(least), Some(within));
            assert_eq!(modality.band_of(most), Some(within));
            assert_eq!(modality.band_of(most + 1), Some(above));
            assert!(below.ends_with(modality.unit().expect("and units")));
        }
    }
}
