/// A piece of a rollup that can be put together with others of its kind.
///
/// Merging is associative and commutative: however readings are spread over pieces, and in whatever order these are
/// merged, the result is the same.
package protocol Mergeable: Equatable, Sendable {
    /// Takes in what the other piece has seen.
    mutating func merge(_ other: Self)
}
