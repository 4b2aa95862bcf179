import Foundation
import Testing

/// Runs a transcript in a new folder.
struct TranscriptRunner {
    /// A difference from the transcript, and the number of the line that it concerns.
    struct Difference {
        let line: Int
        let text: String
    }

    private(set) var differences: [Difference] = []
    private let folder: TemporaryFolder
    private let binaries: TemporaryFolder
    private let keys: TemporaryFolder
    private var variables: [String: String]
    private var secrets: [String] = []

    init() throws {
        folder = try TemporaryFolder()
        binaries = try TemporaryFolder.holdingKmsec()
        keys = try #require(KeyFolder.current)
        let root = Programs.root.path(percentEncoded: false)
        variables = ["KEYS": keys.path, "ID": KeyFolder.keyID, "PACKAGE": root]
    }

    mutating func run(_ transcript: Transcript) async throws {
        for step in transcript.steps {
            switch step.action {
            case .file(let name, let content): try folder.write(Array(content.utf8), to: name)
            case .command(let command): try await run(command, at: step.line)
            case .mode(let mode, let name): check(mode: mode, of: name, at: step.line)
            case .absent(let name): check(isAbsent: name, at: step.line)
            case .secret(let text): secrets.append(text)
            }
        }
    }

    private mutating func run(_ command: Transcript.Command, at line: Int) async throws {
        var environment = Programs.cleanEnvironment.merging(variables) { $1 }
        environment["PATH"] = "\(binaries.path):\(Programs.searchPath)"
        environment["HOME"] = folder.path
        let outcome = try await Programs.shell.run(
            ["-c", "umask 077\n\(command.text)"],
            environment: environment,
            folder: folder
        )
        if outcome.status != command.status {
            fail("exit status \(outcome.status), not \(command.status): \(outcome.errorText)", at: line)
        }
        for (name, expected, found) in [
            ("output", command.output, outcome.outputText), ("error", command.errors, outcome.errorText),
        ] {
            guard let values = try TranscriptPattern(expected, variables: variables).match(found) else {
                fail("standard \(name) is\n\(found)\nand not\n\(expected)", at: line)
                continue
            }
            variables.merge(values) { old, _ in old }
            for secret in secrets where found.contains(secret) && !expected.contains(secret) {
                fail("standard \(name) contains a secret", at: line)
            }
        }
    }

    private mutating func check(mode: String, of name: String, at line: Int) {
        let name = named(name)
        let attributes = try? FileManager.default.attributesOfItem(atPath: folder.path(name))
        guard let found = attributes?[.posixPermissions] as? NSNumber else { return fail("no file \(name)", at: line) }
        if String(found.intValue, radix: 8) != mode {
            fail("\(name) has mode \(String(found.intValue, radix: 8)), not \(mode)", at: line)
        }
    }

    private mutating func check(isAbsent name: String, at line: Int) {
        let name = named(name)
        if FileManager.default.fileExists(atPath: folder.path(name)) { fail("there is a file \(name)", at: line) }
    }

    /// Returns a file name in which variables are replaced with their values.
    private func named(_ name: String) -> String {
        variables.reduce(name) { $0.replacingOccurrences(of: "$\($1.key)", with: $1.value) }
    }

    private mutating func fail(_ text: String, at line: Int) {
        differences.append(Difference(line: line, text: text))
    }
}
