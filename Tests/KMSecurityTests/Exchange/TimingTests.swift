import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// Measures whether the time of a rejection reveals its reason.
///
/// The tests print times but do not assert them, since times depend on the machine and its load. |t| below 4.5 is no
/// evidence of a difference. A class compared with itself shows the noise of the machine.
@Suite("Timing of rejections", .serialized)
struct TimingTests {
    private static let setting = ProcessInfo.processInfo.environment["KMSEC_TIMING"]
    static let isWanted = setting != nil

    /// The number of samples per class for operations that take microseconds.
    private static let count = max(1000, setting.flatMap { Int($0) } ?? 0)

    private let ends: ClientAndServer

    init() throws {
        ends = try ClientAndServer()
    }

    /// Returns a token with one bit of its MAC changed.
    private func changed(_ token: String, byte: Int, bit: Int) throws -> TranToken {
        var mac = Array(try #require(Data(base64Encoded: token.suffix(43) + "=")))
        mac[byte] ^= 1 << UInt8(bit)
        return try TranToken(token.prefix(23) + Data(mac).base64EncodedString())
    }

    @Test(.enabled(if: isWanted, "a measurement; to run it, set KMSEC_TIMING to the samples per class"))
    func measuresThePositionOfAWrongMACByte() async throws {
        let verifier = TranTokenVerifier(ends.secretKey, tolerance: nil)
        let body = [UInt8](repeating: 0x20, count: 64)
        let right = try ends.draft(body).token()
        let tokens = try [0, 16, 31, 0].map { byte in try (0..<8).map { try changed(right, byte: byte, bit: $0) } }
        let samples = await TimingSamples(classCount: 4, count: Self.count) { index, round in
            try? verifier.verify(tokens[index][round & 7], body: body, timeZone: .utc, at: ClientAndServer.start)
        }
        print(samples.report(["first byte of the MAC", "middle byte", "last byte", "first byte again"]))
    }

    @Test(.enabled(if: isWanted, "a measurement; to run it, set KMSEC_TIMING to the samples per class"))
    func measuresAnUnknownCaller() async throws {
        let server = try ends.server()
        var drafts: [RequestDraft] = []
        for digit in ["0", "9", "0"] {
            var draft = ends.draft([UInt8](repeating: 0x20, count: 600))
            draft.secretKey = try ClientAndServer.secretKey("a guess")
            if digit == "9" { draft.accessKey = "9" + (draft.accessKey ?? "").dropFirst() }
            drafts.append(draft)
        }
        let requests = try drafts.map { (try $0.fields(), $0.body) }
        let samples = await TimingSamples(classCount: 3, count: Self.count) { index, _ in
            _ = try? await server.open(requests[index].0, requests[index].1, protection: .none)
        }
        print(samples.report(["known access key, wrong MAC", "unknown access key", "known access key again"]))
    }

    @Test(.enabled(if: isWanted, "a measurement; to run it, set KMSEC_TIMING to the samples per class"))
    func measuresTheNumberOfSecrets() async throws {
        let counts = [1, 0, 2, 4, 1]
        // One access key per class, so that the classes differ in nothing else.
        let callers = try counts.indices.map { try AccessKey(String(repeating: "\($0)", count: 40)) }
        let secrets = try (0..<4).map { try ClientAndServer.secretKey("secret \($0)") }
        let source = Dictionary(
            uniqueKeysWithValues: zip(callers, counts).map { ($0, Array(secrets.prefix($1))) }.filter { !$1.isEmpty }
        )
        let server = try ends.server(credentials: StaticCredentials(insecureForAnyAspIDAndCryptoKey: source))
        let requests = try callers.map { caller in
            var draft = ends.draft([UInt8](repeating: 0x20, count: 600))
            draft.secretKey = try ClientAndServer.secretKey("a guess")
            draft.accessKey = caller.text
            return (try draft.fields(), draft.body)
        }
        let samples = await TimingSamples(classCount: counts.count, count: Self.count) { index, _ in
            _ = try? await server.open(requests[index].0, requests[index].1, protection: .none)
        }
        print(samples.report(["one secret", "no secret", "two secrets", "four secrets", "one secret again"]))
    }

    @Test(.enabled(if: isWanted, "a measurement; to run it, set KMSEC_TIMING to the samples per class"))
    func measuresOAEPAndTagFailures() async throws {
        let cipher = try ParameterCipher(keyring: CryptoKeyring([ends.serverKey], primary: nil))
        let client = try ends.client()
        // Eight messages of each class: a changed byte in the encrypted key, in the ciphertext, and in the key again.
        let bodies: [[[UInt8]]] = try [1, 3, 1].map { part in
            try (0..<8).map { _ in
                let body = try client.seal(ClientAndServer.parameters, protection: .message).body
                let dots = body.indices.filter { body[$0] == UInt8(ascii: ".") }
                var changed = body
                let place = dots[part - 1] + 40
                changed[place] = changed[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                return changed
            }
        }
        for body in bodies.joined() {
            #expect(throws: KMError(.authenticationFailed)) { try cipher.open(body, .message, under: ends.keyID) }
        }
        let samples = await TimingSamples(classCount: 3, count: max(500, Self.count / 20)) { index, round in
            _ = try? cipher.open(bodies[index][round & 7], .message, under: ends.keyID)
        }
        print(samples.report(["OAEP failure", "tag failure", "OAEP failure again"]))
    }
}
