import Foundation
import KMPrimitives
import KMSecurity
import KMTestSupport

/// Verifies tokens with the package and with the reference, which must agree.
///
/// The first line of the input is the token, and the rest is the body.
struct Tokens {
    private let secret: SecretBytes
    private let verifier: TranTokenVerifier
    /// The time of verification in milliseconds since 1970, 30 seconds after 2022-11-08 12:08:14.608 UTC, the time of most tokens.
    private let now = 1_667_909_324_608

    static func prepared() -> Tokens {
        do {
            return try Tokens()
        } catch {
            fatalError("the fuzz target cannot be prepared: \(error)")
        }
    }

    private init() throws {
        let key = try ReferenceVectors("token-verify").groups.first?.secretKey ?? ""
        secret = try SecretBytes(copying: [UInt8](hex: key))
        verifier = TranTokenVerifier(try SecretKey(secret), tolerance: .standard)
    }

    func run(_ input: [UInt8]) {
        let lines = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
        let body = lines.count > 1 ? lines[1] : []
        compare(lines[0], body)
        // The same token with the correct MAC, which a fuzzer cannot find.
        if let mac = try? HMACSHA256(key: secret).authenticate(body).exposed {
            compare(Array(lines[0].prefix(23)) + ReferenceBase64.standard.encode(mac) + lines[0].dropFirst(66), body)
        }
    }

    private func compare(_ bytes: [UInt8], _ body: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let token = try? TranToken(text)
        let reference = try? ReferenceToken(text)
        precondition((token == nil) == (reference == nil))
        guard let token, let reference else { return }
        // A token has one form for each profile, so a parsed token must give its own text under one of them.
        precondition(WireProfile.all.contains { token.text($0) == text })
        let date = Date(timeIntervalSince1970: Double(now) / 1000)
        let ours: Void? = try? verifier.verify(token, body: body, timeZone: .utc, at: date)
        let theirs: Void? = try? reference.verify(
            body,
            secret: secret,
            secondsFromUTC: 0,
            toleranceSeconds: 300,
            verifiedAt: now
        )
        precondition((ours == nil) == (theirs == nil))
    }
}
