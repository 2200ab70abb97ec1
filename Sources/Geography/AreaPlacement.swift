/// What a code in a payload can mean; worked out once for each distinct code.
///
/// A present code can be an old one as well: of the old units that were split in 2025, 72 left their code to one of the
/// wards that got a part. So both meanings are kept.
package struct AreaClaim: Hashable, Sendable {
    /// The area that has the code now; a ward or a neighbourhood.
    package let area: AreaID?
    /// The wards that parts of the old unit with this code belong to.
    package let successors: [AreaID]
    /// The ward of `area`: itself, or that of the neighbourhood.
    package let ward: AreaID?

    /// Looks a code up among the areas in force and the former codes.
    package init(code: String, in version: AreaVersion, former: FormerCodes) {
        let area = version.area(code: code)
        self.area = area
        ward = area.map { version.ward(of: $0) ?? $0 }
        successors = former.successors(of: code).compactMap { version.area(code: $0) }
    }
}

/// Where a reading belongs, and what became of the code it carried.
package struct AreaPlacement: Hashable, Sendable {
    /// How the ward was found.
    package enum Basis: String, Sendable {
        /// The position lies in it.
        case location
        /// There is no position, and the code is a present one; should it be an old one as well, the present one counts.
        case code
        /// There is no position, and the code is one that became a single ward.
        case formerCode
    }

    /// What the code says beside the location.
    package enum Agreement: String, Sendable, CaseIterable {
        case noCode
        case agrees
        /// The code is an old one, and the location lies in a ward that the old unit became.
        case agreesAsFormer
        /// The location lies elsewhere, or outside all wards: a mismatch, to be counted.
        case contradicts
        /// No present or former unit has the code.
        case unknownCode
        /// There is no location to compare with.
        case unchecked
        /// There is no location, and the old unit was split, so the ward stays unknown.
        case split
    }

    package let ward: AreaID?
    package let neighbourhood: AreaID?
    package let basis: Basis?
    package let agreement: Agreement

    /// Decides from where a reading says that it was taken, and from what the code that it carries means.
    ///
    /// A location counts more than a code.
    package init(position: Position?, claim: AreaClaim?, in version: AreaVersion) {
        if let position {
            self.init(
                ward: version.ward(at: position), outlined: version.neighbourhood(at: position), claim: claim,
                in: version)
        } else {
            self.init(unlocated: claim)
        }
    }

    /// Decides from the ward and the outlined neighbourhood in which a location was found to lie.
    package init(ward: AreaID?, outlined: AreaID?, claim: AreaClaim?, in version: AreaVersion) {
        self.ward = ward
        basis = ward == nil ? nil : .location
        agreement = Self.agreement(of: claim, with: ward)
        if let outlined {
            neighbourhood = outlined
        } else {
            // Known by its code only, and where the location confirms the ward.
            let claimed = claim?.area.flatMap { version.ward(of: $0) == nil ? nil : $0 }
            neighbourhood = agreement == .agrees ? claimed : nil
        }
    }

    private init(unlocated claim: AreaClaim?) {
        guard let claim else {
            (ward, neighbourhood, basis, agreement) = (nil, nil, nil, .noCode)
            return
        }
        if let area = claim.area {
            (ward, basis, agreement) = (claim.ward, .code, .unchecked)
            neighbourhood = claim.ward == area ? nil : area
        } else if claim.successors.count == 1 {
            (ward, neighbourhood, basis, agreement) = (claim.successors[0], nil, .formerCode, .unchecked)
        } else {
            (ward, neighbourhood, basis) = (nil, nil, nil)
            agreement = claim.successors.isEmpty ? .unknownCode : .split
        }
    }

    private static func agreement(of claim: AreaClaim?, with ward: AreaID?) -> Agreement {
        guard let claim else { return .noCode }
        guard claim.area != nil || !claim.successors.isEmpty else { return .unknownCode }
        guard let ward else { return .contradicts }
        if claim.ward == ward { return .agrees }
        return claim.successors.contains(ward) ? .agreesAsFormer : .contradicts
    }
}
