import Foundation
import Testing

/// Tests the reader and the patterns of transcripts.
struct RunnerTests {
    @Test(arguments: [
        ("", ""), ("a.b\n", "a.b\n"), ("id $NAME, $NAME\n", "id x7, x7\n"), ("a*d\n", "abcd\n"),
        ("$KNOWN-1\n", "v-1\n"),
        ("$", "$"), ("$A1", "xy1"),
    ])
    func matchingTextIsAccepted(_ pattern: String, _ text: String) throws {
        #expect(try TranscriptPattern(pattern, variables: ["KNOWN": "v"]).match(text) != nil)
    }

    @Test(arguments: [
        ("", "\n"), ("a\n", "a"), ("a", "a\n"), ("a.b\n", "axb\n"), ("a*d\n", "ad\n"), ("a*d\n", "a\nd\n"),
        ("a\n", "a\nb\n"),
        ("id $NAME, $NAME\n", "id x7, x8\n"), ("id $NAME\n", "id a b\n"), ("id $NAME\n", "id \n"), ("$KNOWN\n", "w\n"),
    ])
    func otherTextIsRejected(_ pattern: String, _ text: String) throws {
        #expect(try TranscriptPattern(pattern, variables: ["KNOWN": "v"]).match(text) == nil)
    }

    @Test func namesGetTheTextThatTheyMatch() throws {
        let values = try TranscriptPattern("$A:$B\n", variables: [:]).match("one:two\n")
        #expect(values == ["A": "one", "B": "two"])
    }

    @Test(arguments: [
        "> before a command", "| before a file", "unknown", "file a\n> b", "$ a\n| b", "$ a\n[x]", "mode 600",
    ])
    func malformedTranscriptsAreRejected(_ text: String) {
        #expect(throws: Transcript.Malformed.self) { try Transcript(text) }
    }
}

extension ToolTests {
    /// Transcripts whose last line is wrong.
    @Suite struct FailingTranscriptTests {
        @Test(arguments: [
            "$ echo a", "$ echo a\n> b", "$ echo a\n> a (no-eol)", "$ echo a >&2", "$ echo a >&2\n! b", "$ exit 3",
            "$ true\n[3]", "$ kill -9 $$\n[9]", "$ echo a > f; chmod 644 f\nmode 600 f", "mode 600 f",
            "$ echo a > f\nabsent f", "secret x\n$ echo axb\n> a*b", "secret x\n$ echo axb >&2\n! *",
        ])
        func aWrongLineIsReported(_ text: String) async throws {
            var runner = try TranscriptRunner()
            try await runner.run(Transcript(text))
            #expect(runner.differences.count == 1)
        }

        @Test func theLineNumberIsReported() async throws {
            var runner = try TranscriptRunner()
            try await runner.run(Transcript("# What follows is right, then wrong.\n$ echo a\n> a\n\n$ echo a\n> b"))
            #expect(runner.differences.map(\.line) == [5])
        }
    }
}
