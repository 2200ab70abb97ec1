/// `idn-hostname` (RFC 5890 to 5892) and `idn-email` (RFC 6531).
enum InternationalNames {
    /// Labels between dots, also the ideographic ones (RFC 3490 section 3.1), each a valid label of IDNA 2008.
    static func isHostname(_ text: String) -> Bool {
        let dots: Set<Unicode.Scalar> = [".", "\u{3002}", "\u{FF0E}", "\u{FF61}"]
        var byteCount = -1
        for label in text.unicodeScalars.split(omittingEmptySubsequences: false, whereSeparator: dots.contains) {
            guard let ascii = DomainLabel.ascii(Array(label)) else { return false }
            byteCount += ascii + 1
        }
        return byteCount <= 253
    }

    /// A local part, in which any letter may stand, `@`, and a host name.
    static func isEmail(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        guard let at = scalars.lastIndex(of: "@") else { return false }
        // Letters beyond ASCII may stand wherever a letter may.
        var local = String.UnicodeScalarView()
        for scalar in scalars[..<at] {
            guard !(0x80...0x9F).contains(scalar.value) else { return false }
            local.append(scalar.isASCII ? scalar : "a")
        }
        guard String(scalars[..<at]).utf8.count <= 64 else { return false }
        let bytes = Array((String(local) + "@a").utf8)
        // Safe: every byte of the array is initialized.
        guard NetworkFormats.isEmail(unsafe bytes.span.bytes) else { return false }
        let domain = scalars[scalars.index(after: at)...]
        guard domain.first == "[" else { return isHostname(String(domain)) }
        let address = Array("a@\(String(domain))".utf8)
        // Safe: every byte of the array is initialized.
        return NetworkFormats.isEmail(unsafe address.span.bytes)
    }
}

/// One label of a domain name.
enum DomainLabel {
    /// The number of bytes of a label as it goes over the wire; nil when it is not valid (RFC 5891 section 4.2).
    static func ascii(_ label: [Unicode.Scalar]) -> Int? {
        guard let first = label.first, let last = label.last, first != "-", last != "-" else { return nil }
        // No label gets shorter on the way; the rules below look at all of one for each of its code points.
        guard label.count <= 63 else { return nil }
        if label.allSatisfy(\.isASCII) { return asciiLabel(label) }
        guard isUnicodeLabel(label), let encoded = Punycode.encoded(label), encoded.count <= 59 else { return nil }
        return encoded.count + 4
    }

    private static func asciiLabel(_ label: [Unicode.Scalar]) -> Int? {
        for scalar in label {
            guard scalar == "-" || NetworkFormats.isLetterOrDigit(UInt8(scalar.value)) else { return nil }
        }
        guard hasHyphens(label) else { return label.count }
        // `--` there is kept for labels that stand for others: xn--.
        let small = label.map { $0.properties.lowercaseMapping.unicodeScalars.first ?? $0 }
        guard small[0] == "x", small[1] == "n", let decoded = Punycode.decoded(Array(small[4...])),
            !decoded.allSatisfy(\.isASCII), isUnicodeLabel(decoded)
        else { return nil }
        return label.count
    }

    private static func hasHyphens(_ label: [Unicode.Scalar]) -> Bool {
        label.count >= 4 && label[2] == "-" && label[3] == "-"
    }

    private static func isUnicodeLabel(_ label: [Unicode.Scalar]) -> Bool {
        guard let first = label.first, let last = label.last, first != "-", last != "-", !hasHyphens(label) else {
            return false
        }
        switch first.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return false
        default: break
        }
        return label.indices.allSatisfy { isAllowed(label, at: $0) }
    }

    // MARK: RFC 5892

    /// Whether a code point may stand in its place: section 3, with the rules of appendix A.
    private static func isAllowed(_ label: [Unicode.Scalar], at position: Int) -> Bool {
        let scalar = label[position]
        switch scalar.value {
        case 0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007: return true
        case 0x640, 0x7FA, 0x302E, 0x302F, 0x3031...0x3035, 0x303B: return false
        case 0xB7:
            return position > 0 && position + 1 < label.count && label[position - 1] == "l"
                && label[position + 1] == "l"
        case 0x375: return position + 1 < label.count && isGreek(label[position + 1])
        case 0x5F3, 0x5F4: return position > 0 && (0x590...0x5FF).contains(label[position - 1].value)
        case 0x30FB: return label.contains(where: isJapaneseOrHan)
        case 0x660...0x669: return !label.contains { (0x6F0...0x6F9).contains($0.value) }
        case 0x6F0...0x6F9: return !label.contains { (0x660...0x669).contains($0.value) }
        case 0x200D: return isBehindVirama(label, position)
        case 0x200C: return isBehindVirama(label, position) || joins(label, position)
        case 0x2D, 0x30...0x39, 0x61...0x7A: return true
        // Old Hangul, and combining marks for symbols and music.
        case 0x1100...0x11FF, 0xA960...0xA97F, 0xD7B0...0xD7FF, 0x20D0...0x20FF, 0x1D100...0x1D24F: return false
        default: return isLetterOrDigit(scalar)
        }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        guard !properties.changesWhenNFKCCaseFolded, !properties.isDefaultIgnorableCodePoint else { return false }
        switch properties.generalCategory {
        case .lowercaseLetter, .uppercaseLetter, .otherLetter, .decimalNumber, .modifierLetter, .nonspacingMark,
            .spacingMark:
            return true
        default: return false
        }
    }

    private static func isBehindVirama(_ label: [Unicode.Scalar], _ position: Int) -> Bool {
        position > 0 && label[position - 1].properties.canonicalCombiningClass == .virama
    }

    /// Whether letters of a cursive script stand on both sides, marks aside: the script stands for the joining type,
    /// which the standard library does not tell.
    private static func joins(_ label: [Unicode.Scalar], _ position: Int) -> Bool {
        func isCursive(_ scalar: Unicode.Scalar?) -> Bool {
            guard let scalar else { return false }
            return (0x620...0x8FF).contains(scalar.value) && scalar.properties.generalCategory == .otherLetter
        }
        func isMark(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .nonspacingMark }
        return isCursive(label[..<position].last { !isMark($0) })
            && isCursive(label[(position + 1)...].first { !isMark($0) })
    }

    private static func isGreek(_ scalar: Unicode.Scalar) -> Bool {
        (0x370...0x3FF).contains(scalar.value) || (0x1F00...0x1FFF).contains(scalar.value)
    }

    private static func isJapaneseOrHan(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FD...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9D:
            true
        default: scalar.properties.isIdeographic
        }
    }
}
