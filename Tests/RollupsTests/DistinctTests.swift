import Rollups
import TestSupport
import Testing

struct DistinctTests {
    @Test("the hash is XXH64")
    func hash() {
        // github.com/Cyan4973/xxHash 0.8.4, through PyPI's xxhash 4.1.0: xxh64_intdigest(text, seed).
        for (text, seed, expected) in [
            ("", UInt64(0), UInt64(0xEF46_DB37_51D8_E999)), ("a", 0, 0xD24E_C4F1_A98C_6E5B),
            ("abc", 0, 0x44BC_2CF5_AD77_0999), ("a1b2c3d4", 0, 0xB8F4_CD92_AAB7_D4BD),
            ("device-0001-of-the-fleet", 0, 0x452A_050F_BCF4_C87D),
            ("0123456789abcdef0123456789abcdef", 0, 0x642A_9495_8E71_E6C5),
            ("Phường Ba Đình, Thành phố Hà Nội: trạm đo số 17, lần đo thứ 1024.", 42, 0xBCF6_8B26_BF1A_720C),
            ("abc", UInt64.max, 0x2830_6E58_9CC0_2176),
        ] {
            // Safe: a string's UTF-8 has no gaps.
            #expect(unsafe StableHash.hash(Array(text.utf8).span.bytes, seed: seed) == expected, "\(text)")
        }
        let word: UInt64 = 0x0807_0605_0403_0201
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        // Safe: bytes of an array.
        #expect(unsafe StableHash.hash(bytes.span.bytes, seed: 5) == StableHash.hash(word, seed: 5))
    }

    @Test("some hundreds are counted practically exactly")
    func few() {
        var sketch = HyperLogLog()
        #expect(sketch.estimate == 0)
        for device in 1...768 {
            let hash = StableHash.hash(UInt64(device))
            sketch.add(hash: hash)
            sketch.add(hash: hash)
            #expect((sketch.estimate - Double(device)).magnitude < 0.02)
        }
        #expect(sketch.bytes.count == 3 + 4 * 768)
        sketch.add(hash: StableHash.hash(UInt64(769)))
        #expect(sketch.bytes.count == 3 + 4096)
    }

    @Test("the error is the one of the theory", arguments: [(10, 0.0325), (12, 0.01625), (14, 0.008125)])
    func error(precision: Int, standardError: Double) {
        for count in [1000, 5000, 20_000, 100_000] {
            var squares = 0.0
            for seed in 0..<40 {
                var sketch = HyperLogLog(precision: precision)
                for device in 0..<count { sketch.add(hash: StableHash.hash(UInt64(device), seed: UInt64(seed + 1000))) }
                let error = sketch.estimate / Double(count) - 1
                squares += error * error
                #expect(error.magnitude < standardError * 4.5, "\(count), seed \(seed)")
            }
            // Of 40 trials the root mean square lies within a third of the true one nearly always.
            #expect((squares / 40).squareRoot() < standardError * 1.34, "\(count)")
        }
    }

    @Test("registers of all hashes together estimate what was added, up to the largest numbers")
    func large() {
        // The ranks that n things leave, drawn for each register instead of adding n things one by one.
        var random = SeededRandom(seed: 77)
        for count in [1e6, 1e9, 1e12, 1e15] {
            let ranks = (0..<4096).map { _ in rank(of: count / 4096, random: &random) }
            let sketch = try? HyperLogLog(bytes: [1, 12, 1] + ranks)
            #expect(((sketch?.estimate ?? 0) / count - 1).magnitude < 0.0163 * 4)
        }
    }

    /// The highest rank among `count` things: their ranks are geometric, so it is at most r with probability
    /// (1 - 2^-r)^count.
    private func rank(of count: Double, random: inout SeededRandom) -> UInt8 {
        let chance = Double.random(in: 0..<1, using: &random)
        for rank in 0..<53 {
            let missing = 1 / Double(UInt64(1) << UInt64(rank))
            // exp(-count * missing) is the limit for large counts.
            if exponential(-count * missing) > chance { return UInt8(rank) }
        }
        return 53
    }

    private func exponential(_ value: Double) -> Double {
        guard value > -700 else { return 0 }
        var (term, sum) = (1.0, 1.0)
        let small = value / 1024
        for index in 1..<20 {
            term *= small / Double(index)
            sum += term
        }
        return (0..<10).reduce(sum) { power, _ in power * power }
    }

    @Test("bytes make the same sketch again", arguments: [0, 1, 5, 768, 769, 50_000])
    func bytes(count: Int) throws {
        for precision in [4, 12, 18] {
            var sketch = HyperLogLog(precision: precision)
            for device in 0..<count { sketch.add(hash: StableHash.hash(UInt64(device))) }
            let again = try HyperLogLog(bytes: sketch.bytes)
            #expect(again == sketch && again.estimate == sketch.estimate && again.bytes == sketch.bytes)
        }
    }

    @Test("damaged bytes are refused")
    func damaged() throws {
        var sketch = HyperLogLog()
        for device in 0..<10 { sketch.add(hash: StableHash.hash(UInt64(device))) }
        let bytes = sketch.bytes
        #expect(throws: SketchError.damaged) { try HyperLogLog(bytes: []) }
        #expect(throws: SketchError.damaged) { try HyperLogLog(bytes: Array(bytes.dropLast())) }
        #expect(throws: SketchError.unknownForm) { try HyperLogLog(bytes: [2] + bytes.dropFirst()) }
        #expect(throws: SketchError.unknownForm) { try HyperLogLog(bytes: [1, 19, 0]) }
        #expect(throws: SketchError.unknownForm) { try HyperLogLog(bytes: [1, 12, 2]) }
        #expect(throws: SketchError.damaged) { try HyperLogLog(bytes: bytes + bytes.suffix(4)) }
        #expect(throws: SketchError.damaged) { try HyperLogLog(bytes: [1, 12, 0, 0, 0, 0, 0]) }
        #expect(throws: SketchError.damaged) {
            try HyperLogLog(bytes: [1, 12, 1] + [UInt8](repeating: 54, count: 4096))
        }
        #expect(throws: SketchError.damaged) {
            try HyperLogLog(bytes: [1, 12, 1] + [UInt8](repeating: 1, count: 4095))
        }
    }
}
