import Foundation
import Testing

/// A folder of keys in many formats, which `make-keys` creates.
enum KeyFolder {
    /// The folder of the running suite.
    @TaskLocal static var current: TemporaryFolder?

    /// The key id that the transcripts use for the key.
    static let keyID = "0123456789abcdef0123456789abcdef"

    static func make() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "make-keys")
        try await Programs.shell.output(of: [script.path(percentEncoded: false)], folder: folder)
        return folder
    }
}

/// Makes the keys before a suite and removes them after it.
struct KeysTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        try await KeyFolder.$current.withValue(KeyFolder.make(), operation: function)
    }
}

extension Trait where Self == KeysTrait {
    /// Provides ``KeyFolder/current`` to a suite.
    static var keys: Self { KeysTrait() }
}

/// All tests of the built tool.
@Suite(.needs(Programs.openssl, "openssl"), .keys, .timeLimit(.minutes(30)))
enum ToolTests {}
