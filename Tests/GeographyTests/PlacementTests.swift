import Foundation
import Geography
import Testing

struct PlacementTests {
    private let atlas: AreaAtlas
    private let version: AreaVersion

    init() throws {
        atlas = try ShippedAreas.atlas()
        version = try #require(atlas.latestVersion)
    }

    /// Made up, for the true table may not be shipped: X became Ba Đình, Y was split, and the unit that had Giảng Võ's
    /// code before lies in Ba Đình.
    private static let table = "new_code,old_code,note\n00004,X,toàn bộ\n00004,Y,\n00008,Y,\n00004,00025,\n00004,,new\n"

    private func former() throws -> FormerCodes {
        let bytes = Array(Self.table.utf8)
        return try unsafe FormerCodes(reading: bytes.span.bytes, file: "old.csv")
    }

    private func ward(_ code: String) throws -> AreaID { try #require(version.area(code: code)) }

    private func place(in code: String) throws -> Position {
        try #require(atlas[try ward(code)].shape?.innerPosition)
    }

    @Test(
        "a location decides, and the code is judged by it",
        arguments: [
            ("00004", "00004", AreaPlacement.Agreement.agrees), ("00004", "00008", .contradicts),
            ("00004", "X", .agreesAsFormer), ("00008", "X", .contradicts), ("00004", "Y", .agreesAsFormer),
            ("00008", "Y", .agreesAsFormer), ("00025", "Y", .contradicts), ("00025", "00025", .agrees),
            ("00004", "00025", .agreesAsFormer), ("00008", "00025", .contradicts), ("00004", "Z", .unknownCode),
        ])
    func located(place code: String, claimed: String, agreement: AreaPlacement.Agreement) throws {
        let claim = AreaClaim(code: claimed, in: version, former: try former())
        let placement = AreaPlacement(position: try place(in: code), claim: claim, in: version)
        let ward = try ward(code)
        #expect(placement.ward == ward && placement.basis == .location)
        #expect(placement.agreement == agreement && placement.neighbourhood == nil)
    }

    @Test("without a location the code decides, unless the old unit was split")
    func unlocated() throws {
        func placement(_ code: String) throws -> AreaPlacement {
            AreaPlacement(
                position: nil, claim: AreaClaim(code: code, in: version, former: try former()), in: version)
        }
        let placements = try ["00025", "X", "Y", "Z"].map(placement)
        #expect(placements.map(\.ward) == [try ward("00025"), try ward("00004"), nil, nil])
        #expect(placements.map(\.basis) == [.code, .formerCode, nil, nil])
        #expect(placements.map(\.agreement) == [.unchecked, .unchecked, .split, .unknownCode])
        let nothing = AreaPlacement(position: nil, claim: nil, in: version)
        #expect(nothing.ward == nil && nothing.basis == nil && nothing.agreement == .noCode)
    }

    @Test("a place outside all wards contradicts every code")
    func outside() throws {
        let sea = try #require(Position(longitude: 108, latitude: 9))
        let claim = AreaClaim(code: "00004", in: version, former: .none)
        let placement = AreaPlacement(position: sea, claim: claim, in: version)
        #expect(placement.ward == nil && placement.basis == nil && placement.agreement == .contradicts)
        #expect(AreaPlacement(position: sea, claim: nil, in: version).agreement == .noCode)
    }

    @Test("a table without its columns, or with a line that says nothing, is refused")
    func brokenTable() throws {
        for (text, message) in [
            ("new_code\n1\n", "old.csv, line 1: there is no column old_code"),
            ("old_code,new_code\nA,\n", "old.csv, line 2: there is no new code"),
        ] {
            let bytes = Array(text.utf8)
            let error = try #require(throws: AreaError.self) {
                try unsafe FormerCodes(reading: bytes.span.bytes, file: "old.csv")
            }
            #expect(error.description.contains(message))
        }
    }

    @Test(
        "the statistics office's table leads from every old unit to wards that exist",
        .enabled(if: ShippedAreas.sharedData != nil, "set PHUSA_SHARED_DATA to the folder with geo/"))
    func officialTable() throws {
        let folder = try #require(ShippedAreas.sharedData)
        let bytes = try ShippedAreas.bytes(
            of: URL(fileURLWithPath: folder).appendingPathComponent("geo/ward_conversion_2025_79_01.csv"))
        let former = try unsafe FormerCodes(reading: bytes.span.bytes, file: "ward_conversion_2025_79_01.csv")
        #expect(former.count == 967)
        let rows = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst()
        let oldCodes = Set(rows.map { $0.split(separator: ",", omittingEmptySubsequences: false)[3] }).subtracting([""])
        #expect(oldCodes.count == 967)
        var (split, ambiguous) = (0, 0)
        for code in oldCodes {
            let claim = AreaClaim(code: String(code), in: version, former: former)
            #expect(claim.successors.count == former.successors(of: String(code)).count && !claim.successors.isEmpty)
            split += claim.successors.count > 1 ? 1 : 0
            // A present ward has the code too, and parts of the old unit lie elsewhere.
            if let area = claim.area, claim.successors != [area] { ambiguous += 1 }
            #expect(claim.area.map { claim.successors.contains($0) } ?? true)
        }
        #expect(split == 245 && ambiguous == 72)
    }
}
