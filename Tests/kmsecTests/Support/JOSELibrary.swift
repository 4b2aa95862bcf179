import Foundation
import Testing

/// A JOSE library in another language, called by a script in `Tests/Interop`.
struct JOSELibrary {
    /// A line of the script's output is not Base64.
    struct UnreadableAnswer: Error {
        let line: String
    }

    static let node = JOSELibrary(program: Programs.node, script: "jose.mjs")
    static let jwcrypto = JOSELibrary(program: Programs.python, script: "with_jwcrypto.py")
    static let joserfc = JOSELibrary(program: Programs.python, script: "with_joserfc.py")

    let program: Program?
    let script: String

    /// Returns the plaintexts of JWEs.
    func open(_ messages: [String], with key: String) async throws -> [[UInt8]] {
        try await lines(["open", key], input: Array(messages.joined(separator: "\n").utf8)).map { line in
            guard let bytes = Data(base64Encoded: line) else { throw UnreadableAnswer(line: line) }
            return [UInt8](bytes)
        }
    }

    /// Returns a JWE of `plaintext` for each of `headers`.
    func seal(_ plaintext: [UInt8], to key: String, headers: [String]) async throws -> [String] {
        try await lines(["seal", key] + headers, input: plaintext)
    }

    private func lines(_ arguments: [String], input: [UInt8]) async throws -> [String] {
        let program = try #require(program, "the program for \(script) is not here: see .ci/interop-environment")
        let output = try await program.output(of: [Programs.script(script)] + arguments, input: input)
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
