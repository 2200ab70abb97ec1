package import Conditions

/// What one column of an aggregation says of the rows of a group.
///
/// Each is additive: what two batches say, merged, is what both together say, in whatever order. The cases that begin with
/// "merged" take up columns that another aggregation has written.
package enum Aggregate: Sendable {
    /// The number of rows.
    case rows
    /// The number of rows where the column is not null.
    case values(of: Int)
    /// The exact sum of a column of integers or decimals.
    case sum(of: Int)
    case minimum(of: Int)
    case maximum(of: Int)
    case bins(of: Int, Binning)
    case mergedBins(of: Int, Binning)
    /// A HyperLogLog sketch of the distinct values.
    case distinct(of: Int)
    case mergedDistinct(of: Int)
    /// The number of rows of which the condition is true.
    case yes(Condition)
    /// The number of rows of which it is true or false, and not unknown.
    case known(Condition)
    /// The value of the row that has the least value of the column `by`; of several such rows the lowest value.
    case earliest(of: Int, by: Int)
    /// The value of the row that has the greatest value of the column `by`; of several such rows the highest value.
    case latest(of: Int, by: Int)
    /// The value of `by` in the row that `earliest` takes.
    case earliestTime(of: Int, by: Int)
    /// The value of `by` in the row that `latest` takes.
    case latestTime(of: Int, by: Int)
}
