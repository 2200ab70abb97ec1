/// Which segments are written together, and how large they become.
package struct CompactionSettings: Sendable {
    /// A partition is compacted when its hour or day has ended so long ago: until then it gets new segments.
    package var quietMilliseconds: Int64 = 3_600_000
    /// Segments become at most so large.
    package var targetByteCount: Int64 = 64 << 20
    /// … and have at most so many rows.
    ///
    /// This bounds memory: a million coverage readings, in 25 MiB of small segments, took 140 MiB in all.
    package var targetRowCount = 1 << 20
    /// zstd's level.
    package var compressionLevel = 3

    package init() {}
}
