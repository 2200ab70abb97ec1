import Testing

@testable import JSONSchema

struct FormatTests {
    @Test(
        "accepts what the standards allow and nothing else",
        arguments: [
            (
                .date, ["2026-11-21", "2024-02-29"],
                ["2026-02-29", "2026-1-01", "2026-13-01", "26-11-21", "2026-11-21Z"]
            ),
            (
                .time, ["08:00:00Z", "23:59:60Z", "08:00:00.5+07:00"],
                ["08:00:00", "24:00:00Z", "8:00:00Z", "22:59:60Z"]
            ),
            (
                .duration, ["P1D", "PT1H", "P1Y2M3DT4H5M6S", "P2W", "PT36S", "P1M"],
                ["P", "PT", "1D", "P1", "P1DT", "P1Y2W", "PT1D", "P1S", "P1Y2D", "PT1H2S", "P1D1Y", ""]
            ),
            (
                .email, ["a@b.vn", "a.b+c@example.com", "\"a b\"@c.vn", "a@[127.0.0.1]", "a@[IPv6:::1]"],
                ["a", "@b", "a@", ".a@b.vn", "a.@b.vn", "a..b@c.vn", "a b@c.vn", "a@-b.vn", "a@[1.2.3]"]
            ),
            (
                .hostname, ["a", "example.com", "xn--4gbwdl.xn--wgbh1c", "1.vn"],
                ["", "-a", "a-", "a..b", "a_b", "a.", ".a"]
            ),
            (
                .ipv4, ["0.0.0.0", "255.255.255.255"],
                ["256.0.0.0", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.", "", "1..2.3"]
            ),
            (
                .ipv6, ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1::3:4:5:6:7:8", "::ffff:1.2.3.4", "fe80::a"],
                [
                    "", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::1.2.3",
                    "1:2:3:4:5:6:7::8", "1:", "::1%eth0", "g::",
                ]
            ),
            (
                .uuid, ["2EB8AA08-aa98-11ea-b4aa-73b441d16380"],
                [
                    "2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08aa9811eab4aa73b441d16380",
                    "2eb8aa08-aa98-11ea-b4aa-73b441d1638g",
                ]
            ),
            (
                .uri, ["http://a.vn/b?c#d", "urn:x:y", "mailto:a@b.vn", "ldap://[2001:db8::7]/c=GB?o", "http://a:80"],
                [
                    "//a/b", "/a", "a", "http://a b", "http://[::1", "http://a:b", "http://a/%zz", "a:#b#c",
                    "http:// a", ":a", "http://a/[b]",
                ]
            ),
            (.uriReference, ["/a", "", "#x", "a/b?c", "//a.vn"], ["\\a", "#a\\b", "1:a", "a b"]),
            (.jsonPointer, ["", "/a~0~1", "/"], ["a", "/~", "/~2"]),
            (
                .relativeJSONPointer, ["0", "1/a", "12#", "0+1", "2-3/a", "1"],
                ["", "-1", "01", "0+0", "1+", "a", "/a", "0##", "1#a"]
            ),
            (
                .iri, ["http://phường.vn/bến?nghé#é", "urn:x:é", "http://a/?\u{E000}"],
                ["phường", "http://a\u{80}", "http://a b", "http://a/\u{E000}", "http://a:é", "http://2001:db8::1"]
            ),
            (.iriReference, ["", "é", "#é", "/bến/nghé"], ["\\é", "é b"]),
            (
                .uriTemplate, ["", "http://a/{b}", "{+a,b*}{?c:3}", "a%20b", "{a.b}", "é{a_1}"],
                ["{", "}", "{a", "{a b}", "{}", "{a:0}", "{a:12345}", "a b", "%zz", "{a..b}", "{.}", "<", "{é}"]
            ),
            (
                .idnHostname, ["bếnnghé.vn", "例え。テスト", "a", "xn--bcher-kva.vn", "BCHER.vn", "l·l", "ß"],
                ["", ".", "-é", "é-", "xn--x", "aa--é", "ab--c", "é é", "É", "·", "xn--a-ecp.ru.-"]
            ),
            (.idnEmail, ["bến@nghé.vn", "a@b.vn", "\"é b\"@c.vn"], ["bến", "@é.vn", "é@", "é é@c.vn", "é@-a.vn"]),
            (.regex, ["^a+$", "(?=a)", "(a)\\1", "\\bé"], ["(", "a)", "[", "*", "\\a"]),
        ] as [(StringFormat, [String], [String])])
    func formats(format: StringFormat, valid: [String], invalid: [String]) {
        for text in valid + invalid {
            let bytes = Array(text.utf8)
            // Safe: every byte of the array is initialized.
            let isAccepted = format.accepts(unsafe bytes.span.bytes)
            #expect(isAccepted == valid.contains(text), "\(format.rawValue): \(text)")
        }
    }

    @Test("long labels of international names are refused without looking at each code point for each other one")
    func longLabels() {
        for letter in ["\u{30FB}", "\u{660}", "é"] {
            let bytes = Array(String(repeating: letter, count: 100_000).utf8)
            let clock = ContinuousClock()
            var isAccepted = true
            let duration = clock.measure {
                // Safe: every byte of the array is initialized.
                isAccepted = StringFormat.idnHostname.accepts(unsafe bytes.span.bytes)
            }
            #expect(!isAccepted)
            #expect(duration < .seconds(2))
        }
    }
}
