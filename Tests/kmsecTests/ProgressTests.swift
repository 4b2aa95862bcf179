#if os(Linux)
import Foundation
import KMTestSupport
import Testing

extension ToolTests {
    /// The progress that the tool shows on a terminal contains no card number.
    @Suite(.needs(Programs.script, "script, of util-linux")) struct ProgressTests {
        /// Runs a shell command that calls `kmsec`, and returns what it writes to a terminal.
        private func drawn(_ command: String, _ folder: TemporaryFolder) async throws -> String {
            let script = try #require(Programs.script)
            let kmsec = try #require(Programs.kmsec)
            let text = command.replacing("kmsec", with: kmsec.path)
            let outcome = try await script.run(["-qec", text, "typescript"], folder: folder)
            #expect(outcome.status == 1)
            return outcome.outputText
        }

        @Test func fileNamesAreMasked() async throws {
            let folder = try TemporaryFolder()
            try folder.write(CardCase.vectors.bytes, to: "card_\(testCardNumber).json")
            let text = try await drawn("kmsec vectors run card_\(testCardNumber).json", folder)
            #expect(text.contains("\r\u{1B}[Krunning card_949133******0765.json"))
            #expect(!showsCardNumber([text]))
        }

        /// The input is long enough to show progress, and has an error in it.
        @Test func progressAndErrorsShowNoCardNumber() async throws {
            let folder = try TemporaryFolder()
            try folder.write("a key of \(testCardNumber)".bytes, to: "key")
            let lines = repeatElement(testCardNumber, count: 5000).joined(separator: "\n") + "\n9491339401250766\n"
            try folder.write(lines.bytes, to: "some")
            let feed = "for i in 1 2 3 4 5 6 7 8; do cat some; sleep 0.1; done"
            let text = try await drawn("(\(feed)) | kmsec par derive --key-file key > output", folder)
            #expect(text.contains("card numbers,"))
            #expect(text.contains("line 5001: panCheckDigitInvalid"))
            #expect(!showsCardNumber([text]))
            #expect(try folder.read("output").count > 1_000_000)
        }
    }
}
#endif
