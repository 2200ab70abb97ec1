import Telemetry

/// The properties of a PUBLISH that are kept with the message.
///
/// MQTT 5, section 3.3.2.3. The names of user properties are compared as they are.
enum PublishProperties {
    /// The user property in which a sender names the schema version of its payload.
    static let versionName = "schema-version"
    /// 255: no version and no media type of the registry comes near; what is longer is cut, and will match nothing.
    static let longestValueByteCount = 255

    /// Appends what is kept of the properties in `bytes`; the first of several of a kind counts.
    ///
    /// The broker has checked them: where they make no sense all the same, what stands behind is not looked at.
    static func keep(_ bytes: RawSpan, in attributes: inout MessageAttributes) {
        var position = 0
        var hasVersion = false
        while position < bytes.byteCount {
            let identifier = bytes.byte(at: position)
            position += 1
            switch identifier {
            case 0x01: position += 1  // payload format indicator
            case 0x23: position += 2  // topic alias
            case 0x02: position += 4  // message expiry interval
            case 0x0B:  // subscription identifier
                while position < bytes.byteCount, bytes.byte(at: position) & 0x80 != 0 { position += 1 }
                position += 1
            case 0x03:  // content type
                guard let value = lengthPrefixed(bytes, at: position) else { return }
                attributes.append(.contentType, bytes.extracting(value).extracting(first: longestValueByteCount))
                position = value.upperBound
            case 0x08, 0x09:  // response topic, correlation data
                guard let value = lengthPrefixed(bytes, at: position) else { return }
                position = value.upperBound
            case 0x26:  // user property
                guard let name = lengthPrefixed(bytes, at: position),
                    let value = lengthPrefixed(bytes, at: name.upperBound)
                else { return }
                if !hasVersion, isVersionName(bytes.extracting(name)) {
                    hasVersion = true
                    attributes.append(.toldVersion, bytes.extracting(value).extracting(first: longestValueByteCount))
                }
                position = value.upperBound
            default: return
            }
        }
    }

    private static func isVersionName(_ name: RawSpan) -> Bool {
        let expected = versionName.utf8Bytes
        guard name.byteCount == expected.byteCount else { return false }
        for index in 0..<expected.byteCount where name.byte(at: index) != expected.byte(at: index) { return false }
        return true
    }

    /// Where the bytes lie that follow two bytes of length; nil when they reach beyond the end.
    private static func lengthPrefixed(_ bytes: RawSpan, at start: Int) -> Range<Int>? {
        guard start + 2 <= bytes.byteCount else { return nil }
        let end = start + 2 + Int(bytes.bigEndianUInt16(at: start))
        return end <= bytes.byteCount ? start + 2..<end : nil
    }
}
