/// A unit of the tree of areas, while its boundary stayed the same.
package struct Area: Sendable {
    package let id: AreaID
    /// Stays the same when the boundary changes; text, leading zeros kept.
    package let code: String
    package let level: AreaLevel
    /// In Vietnamese, such as `Ba Đình`.
    package let name: String
    /// In English, or in Vietnamese where no English name was given.
    package let nameEnglish: String
    /// With its kind, such as `Phường Ba Đình`.
    package let fullName: String
    /// Such as `phuong`, and `ward` in English; empty when not given.
    package let kind: String
    package let kindEnglish: String
    /// The city of a ward, the ward of a neighbourhood.
    package let parent: AreaID?
    package let validity: Validity
    package let declaredSquareKilometres: Double?
    /// nil when only the code is known.
    package let shape: AreaShape?
}

/// The place of an area in its atlas; it means nothing outside the process, where areas are known by their code.
package struct AreaID: Hashable, Comparable, Sendable, BitwiseCopyable {
    package let index: UInt32

    @inlinable
    package init(index: Int) {
        self.index = UInt32(index)
    }

    @inlinable
    package static func < (left: AreaID, right: AreaID) -> Bool { left.index < right.index }
}
