import Foundation
import KMDiagnosis
import KMTestSupport
import Testing

/// Supplements the vectors, which have a token for each cause.
@Suite("Diagnosis of tokens that do not verify")
struct TokenDiagnosisTests {
    private static let vectors = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Vectors/token-explain.json")

    @Test("Each cause has a unique name and a vector")
    func causes() throws {
        #expect(Set(TokenDiagnosis.causes).count == TokenDiagnosis.causes.count)
        let text = try String(contentsOf: Self.vectors, encoding: .utf8)
        for cause in TokenDiagnosis.causes { #expect(text.contains("\"cause\": \"\(cause)\""), "\(cause)") }
    }

    @Test("Random tokens, bodies and secrets do not trap, do not verify and have no known cause")
    func hostileInput() throws {
        var numbers = SeededGenerator(seed: 5)
        let pieces = [
            "KMV1:", "20270305123456789:", "KaVTcUnJJPP+VbSB6u2pa9n1Hjc2aFlgOrZyUi5pmzQ", "=", ":", "é", "\n", "\0",
            "a",
        ]
        let bodies = ["", "{", "[", "\u{FEFF}", "\"", "{\"a\":", "\\", "/", "\\u", "1", "]", "}", ",", "null", "é"]
        for _ in 0..<150 {
            func made(_ pieces: [String]) -> String {
                (0..<Int.random(in: 0..<8, using: &numbers)).map { _ in pieces.randomElement(using: &numbers) ?? "" }
                    .joined()
            }
            let secret = try SecretBytes(copying: Array(made(["0", "A", "=", " ", "\n", "é", "-"]).utf8))
            let body = Array(made(bodies).utf8) + (Bool.random(using: &numbers) ? [0xFF] : [])
            let found = try TokenDiagnosis.explain(token: made(pieces), body: body, secret: secret)
            #expect(["token-unreadable", "no known cause"].contains(found.cause))
        }
    }

    @Test("A deeply nested body has no known cause")
    func deepBody() throws {
        let body = [UInt8](repeating: UInt8(ascii: "["), count: 5000)
        let secret = try SecretBytes(copying: [1])
        let token = "KMV1:20270305123456789:KaVTcUnJJPP+VbSB6u2pa9n1Hjc2aFlgOrZyUi5pmzQ"
        #expect(try TokenDiagnosis.explain(token: token, body: body, secret: secret) == .unknown)
    }

    @Test("The advice contains neither the secret nor the MAC")
    func advice() throws {
        let secret = Array("a very secret secret".utf8)
        let mac = try HMACSHA256(key: SecretBytes(copying: secret)).authenticate(secret + [10])
        let hex = mac.withBytes { mac in mac.indices.map { String(format: "%02x", mac[$0]) } }.joined()
        let found = try TokenDiagnosis.explain(
            token: "KMV1:20270305123456789:\(hex)",
            body: secret,
            secret: SecretBytes(copying: secret)
        )
        #expect(found.cause == "mac-hex+body-newline-added")
        #expect(!"\(found)".contains("a very secret") && !"\(found)".contains(hex.prefix(8)))
    }
}
