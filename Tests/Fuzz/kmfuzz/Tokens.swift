import Foundation
import KMPrimitives
import KMSecurity
import KMTestSupport

/// Tokens, verified by the package and by the reference, which have to agree: a token's line, and behind it a body.
struct Tokens {
    private let secret: SecretBytes
    private let verifier: TranTokenVerifier
    /// When the vectors' token of 2022-11-08 12:08:14.608 UTC is half a minute old.
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
        // The same with the right MAC, which no fuzzer finds.
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
        // One spelling: a token that was read writes itself as it was.
        precondition(WireProfile.all.contains { token.text($0) == text })
        let date = Date(timeIntervalSince1970: Double(now) / 1000)
        let ours: Void? = try? verifier.verify(token, body: body, timeZone: .kst, at: date)
        let theirs: Void? = try? reference.verify(
            body,
            secret: secret,
            secondsFromUTC: 9 * 3600,
            toleranceSeconds: 300,
            verifiedAt: now
        )
        precondition((ours == nil) == (theirs == nil))
    }
}
