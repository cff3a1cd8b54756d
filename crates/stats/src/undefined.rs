//! Why a statistic has no value.

/// The reason for which a statistic is undefined on these data. Reads well after "undefined because".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undefined {
    /// Nothing to compare.
    #[error("no item has two ratings")]
    NoPairs,
    /// Expected disagreement is zero: any value would be made up.
    #[error("there is no variation: every rating that is compared has the same value")]
    NoVariation,
    /// One of two lists is constant.
    #[error("one of the two sides has the same value throughout")]
    Constant,
    /// The coefficient is for exactly two raters.
    #[error("it is for two raters, and there are {raters}")]
    NotTwoRaters {
        /// How many there are.
        raters: usize,
    },
    /// Too little is shared by any two raters.
    #[error("no two raters share two items")]
    NoSharedItems,
    /// More pairs of ratings than memory and time are meant for.
    #[error("there are {pairs} pairs of ratings of the same item, and it compares at most {most}")]
    TooManyPairs {
        /// How many there are.
        pairs: usize,
        /// How many it takes.
        most: usize,
    },
    /// The coefficient needs the same number of ratings for every item.
    #[error("the number of ratings differs between items, from {fewest} to {most}")]
    UnequalRatings {
        /// The smallest number of ratings of an item.
        fewest: usize,
        /// The largest.
        most: usize,
    },
    /// The coefficient needs every item rated by every rater.
    #[error("{incomplete} of {items} items are not rated by all {raters} raters")]
    IncompleteDesign {
        /// Items with a missing rating.
        incomplete: usize,
        /// All items.
        items: usize,
        /// All raters.
        raters: usize,
    },
    /// Every item has one rating, so there is nothing within items.
    #[error("no item has two ratings, so ratings cannot differ within items")]
    NothingWithinItems,
    /// The items' means do not differ, which the denominator needs.
    #[error(
        "the items' means do not differ more than chance can make them, so the ratio has no positive denominator"
    )]
    NothingBetweenItems,
    /// The ratio metric needs a true zero.
    #[error("a ratio scale has no values below zero")]
    BelowZero,
    /// Too few to say anything.
    #[error("there are {n} {of}, and it needs at least {minimum}")]
    TooFew {
        /// How many there are.
        n: usize,
        /// How many it takes.
        minimum: usize,
        /// Of what.
        of: &'static str,
    },
    /// The judge's file and the people's do not speak of the same things.
    #[error(
        "the judge's scores and the people's ratings must both have a dimension column, or neither"
    )]
    DimensionsDiffer,
    /// Judge and people have too little in common.
    #[error("the judge scored none of the rated items")]
    NothingJudged,
    /// Every paired difference is zero.
    #[error("every difference is zero")]
    NoDifference,
    /// Two lists that belong together have different lengths.
    #[error("the two lists have {left} and {right} values")]
    LengthsDiffer {
        /// Length of the one.
        left: usize,
        /// Length of the other.
        right: usize,
    },
    /// A value that is not a finite number, or outside the range that is meant.
    #[error("a value is not a number that can stand here")]
    NotInRange,
}

impl Undefined {
    /// Refuses a claim under a minimum of `n`, in words.
    ///
    /// # Errors
    /// [`Undefined::TooFew`] where `n` is under the minimum.
    pub fn under(n: usize, minimum: usize, of: &'static str) -> Result<(), Self> {
        if n < minimum { Err(Self::TooFew { n, minimum, of }) } else { Ok(()) }
    }
}
