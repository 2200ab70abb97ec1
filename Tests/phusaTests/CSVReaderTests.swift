import Testing

@testable import phusa

@Suite("CSV reader")
struct CSVReaderTests {
    private func records(_ text: String, delimiter: UInt8? = nil) throws -> [[String]] {
        var reader = CSVReader(text: text, delimiter: delimiter)
        var record = CSVRecord()
        var all: [[String]] = []
        while try reader.next(into: &record) { all.append(record.texts) }
        return all
    }

    @Test("keeps fields, empty ones and the last line without an end")
    func plain() throws {
        #expect(try records("a,b,c\n1,,3\n,,") == [["a", "b", "c"], ["1", "", "3"], ["", "", ""]])
    }

    @Test("takes either line end and skips a byte order mark and empty lines")
    func lineEnds() throws {
        #expect(
            try records("\u{FEFF}a,b\r\n\r\n1,2\r\n\n3,4\r5,6") == [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"]])
    }

    @Test("unquotes delimiters, quotes and line ends inside quotes")
    func quotes() throws {
        let text = "name,note\n\"Tân Định, Q1\",\"he said \"\"no\"\"\nand left\"\n\"\",x\n"
        #expect(try records(text) == [["name", "note"], ["Tân Định, Q1", "he said \"no\"\nand left"], ["", "x"]])
    }

    @Test("leaves quotes inside an unquoted field alone")
    func strayQuotes() throws {
        #expect(try records("a,b\n5\" pipe,2\n") == [["a", "b"], ["5\" pipe", "2"]])
    }

    @Test(
        "finds the delimiter on the first line, quoted text aside",
        arguments: [
            ("a;b;c\n1,5;2;3", ["1,5", "2", "3"]), ("a\tb\n1,2\t3", ["1,2", "3"]), ("\"x;y;z\",b\n1,2", ["1", "2"]),
            ("single\nvalue", ["value"]),
        ])
    func delimiters(text: String, second: [String]) throws {
        #expect(try records(text)[1] == second)
    }

    @Test("numbers records by the line on which they begin")
    func lines() throws {
        var reader = CSVReader(text: "a,b\n\"x\ny\",2\n\n3,4\n")
        var record = CSVRecord()
        var lines: [Int] = []
        while try reader.next(into: &record) { lines.append(record.line) }
        #expect(lines == [1, 2, 5])
    }

    @Test("says where a quoted field was opened that is never closed")
    func unclosed() {
        #expect {
            try records("a,b\n1,\"2\n3,4\n")
        } throws: { error in
            (error as? CommandFailure)?.sentence.contains("text, line 2") == true
        }
    }

    @Test("gives nothing for nothing")
    func empty() throws {
        #expect(try records("").isEmpty)
        #expect(try records("\n\r\n").isEmpty)
    }
}
