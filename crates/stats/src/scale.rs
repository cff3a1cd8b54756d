//! The scale that raters were given, and what its points mean.

use std::fmt;
use std::str::FromStr;

/// How the distance of two values is read (Stevens 1946).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// Values are names: the same or not.
    Nominal,
    /// Values have an order.
    #[default]
    Ordinal,
    /// Differences mean something.
    Interval,
    /// There is a true zero: proportions mean something.
    Ratio,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 4] = [Self::Nominal, Self::Ordinal, Self::Interval, Self::Ratio];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nominal => "nominal",
            Self::Ordinal => "ordinal",
            Self::Interval => "interval",
            Self::Ratio => "ratio",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<Self, ScaleError> {
        Self::ALL.into_iter().find(|it| it.name() == text).ok_or(ScaleError::Level)
    }
}

/// A scale or level that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScaleError {
    /// Not of the form `1..5`.
    #[error("a scale is written as its first and last whole number, for example 1..5")]
    Form,
    /// Fewer than two points, or too many.
    #[error("a scale has from 2 to {} points, from low to high", Scale::MAX_POINTS)]
    Points,
    /// No such level.
    #[error("the level is one of nominal, ordinal, interval, ratio")]
    Level,
}

/// The declared scale: whole numbers from `low` to `high`, both included. Weights are over these points, whether
/// anybody used them or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    low: i32,
    high: i32,
}

impl Scale {
    /// The most points that a scale may have: enough for 0 to 100.
    pub const MAX_POINTS: usize = 101;

    /// The whole numbers from `low` to `high`.
    ///
    /// # Errors
    /// [`ScaleError::Points`] where that is fewer than 2 points or more than [`Self::MAX_POINTS`].
    pub fn new(low: i32, high: i32) -> Result<Self, ScaleError> {
        let points = low.abs_diff(high) as usize;
        if low < high && points < Self::MAX_POINTS {
            Ok(Self { low, high })
        } else {
            Err(ScaleError::Points)
        }
    }

    /// How many points it has.
    pub fn points(self) -> usize {
        self.low.abs_diff(self.high) as usize + 1
    }

    /// The value of a point, counted from 0.
    pub fn value(self, point: usize) -> f64 {
        f64::from(self.low) + point as f64
    }

    /// The point with this value; `None` outside the scale and between its points.
    pub fn point(self, value: f64) -> Option<usize> {
        (0..self.points()).find(|it| self.value(*it).total_cmp(&(value + 0.0)).is_eq())
    }

    /// Whether the value lies within the scale, on a point or between two.
    pub fn contains(self, value: f64) -> bool {
        (f64::from(self.low)..=f64::from(self.high)).contains(&value)
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.low, self.high)
    }
}

impl FromStr for Scale {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<Self, ScaleError> {
        let (low, high) = text.split_once("..").ok_or(ScaleError::Form)?;
        let number = |it: &str| it.trim().parse::<i32>().map_err(|_| ScaleError::Form);
        Self::new(number(low)?, number(high)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_two_whole_numbers() {
        let check = |text: &str, expected: Result<usize, ScaleError>| {
            assert_eq!(text.parse::<Scale>().map(Scale::points), expected, "{text}");
        };
        check("1..5", Ok(5));
        check("-2..2", Ok(5));
        check("0..100", Ok(101));
        check("0..101", Err(ScaleError::Points));
        check("5..1", Err(ScaleError::Points));
        check("1..1", Err(ScaleError::Points));
        check("1-5", Err(ScaleError::Form));
        check("1..five", Err(ScaleError::Form));
        check("-2147483648..2147483647", Err(ScaleError::Points));
    }

    #[test]
    fn values_are_points_of_the_scale() {
        let scale = Scale::new(-1, 3).unwrap();
        let check = |value: f64, expected| assert_eq!(scale.point(value), expected, "{value}");
        check(-1.0, Some(0));
        check(-0.0, Some(1));
        check(3.0, Some(4));
        check(2.5, None);
        check(4.0, None);
        check(f64::NAN, None);
        assert!(scale.contains(2.5) && !scale.contains(3.1) && !scale.contains(f64::NAN));
    }
}
