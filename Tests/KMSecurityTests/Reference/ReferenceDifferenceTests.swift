import Foundation
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// The package and the reference implementation must open the same inputs, to the same plaintext.
@Suite("Agreement of the package and the reference implementation")
struct ReferenceDifferenceTests {
    @Test(arguments: 1...4)
    func packageAndReferenceAgreeOnMessages(seed: UInt64) throws {
        let pair = try ReferencePair()
        var maker = try MutantMaker(seed: seed, pair)
        var opened = 0
        let rounds = Effort.rounds(1500)
        for number in 0..<rounds {
            let body = try maker.message()
            opened += check(pair.message(body), "message \(number)", body)
        }
        // A fair share of the inputs must be accepted, and a fair share rejected.
        #expect((rounds / 5..<rounds * 4 / 5).contains(opened))
    }

    @Test(arguments: 1...4)
    func packageAndReferenceAgreeOnFields(seed: UInt64) throws {
        let pair = try ReferencePair()
        var maker = try MutantMaker(seed: seed, pair)
        let correlationID = try CorrelationID("260102030405-0a1b2c3")
        let all = ["$.a", "$.b", "$.c[*]"]
        let selections: [FieldSelection] = try [
            FieldSelection(all),
            FieldSelection(all, presence: .atLeastOnce),
            FieldSelection(all, presence: .optional),
            FieldSelection(["$.*"]),
            FieldSelection(["$.c[1]", "$['a']", "$.missing"], presence: .optional),
            FieldSelection(["$.x.*", "$.c[0]"]),
            FieldSelection(["$.c[0]", "$.c[*]", "$.a"]),
            FieldSelection(["$.*[1]"], presence: .atLeastOnce),
            FieldSelection(["$.*[1]"]),
            FieldSelection(["$"]),
        ]
        var opened = 0
        let rounds = Effort.rounds(1000)
        for number in 0..<rounds {
            let body = try maker.fields(correlationID: correlationID.text)
            // The first selection fits most often.
            let place = maker.chance(2) ? 0 : Int.random(in: selections.indices, using: &maker.generator)
            let verdicts = pair.fields(body, selections[place], maker.chance(3) ? nil : correlationID)
            opened += check(verdicts, "fields \(number), \(selections[place].paths)", body)
        }
        #expect((rounds * 3 / 20..<rounds * 4 / 5).contains(opened))
    }

    @Test(arguments: 1...2)
    func packageAndReferenceAgreeOnTokens(seed: UInt64) throws {
        let secret = try SecretBytes(ClientAndServer.secretText)
        let key = try SecretKey(secret)
        let verifier = TranTokenVerifier(key, tolerance: .init(past: 300, future: 300))
        let body = Array(#"{"userId":50000104652}"#.utf8)
        let mac = ReferenceBase64.standard.encode(try HMACSHA256(key: secret).authenticate(body).exposed)
        var generator = SeededGenerator(seed: seed)
        var opened = 0
        let rounds = Effort.rounds(5000)
        for number in 0..<rounds {
            // Times at edges of the calendar, verified at edges of the tolerance.
            let edges = [
                "20240229235959999", "20230228000000000", "20001231235959999", "19000228120000000", "00010101000000000",
                "99991231235959999", "19691231235959999",
            ]
            var text = Array("KMV1:\(edges.randomElement(using: &generator) ?? ""):".utf8) + mac
            let made = try ReferenceToken(String(decoding: text, as: UTF8.self)).milliseconds
            let away = [0, 299_999, 300_000, 300_001].randomElement(using: &generator) ?? 0
            let now = made + (Bool.random(using: &generator) ? away : -away)
            if Bool.random(using: &generator) { text.append(UInt8(ascii: "=")) }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: text[Int.random(in: 5..<22, using: &generator)] = UInt8.random(in: 0x2F...0x3A, using: &generator)
            case 1: text = text.nearlyValid(with: ["=", ":", "+", "-", "0", "A", "KMV1:"], using: &generator)
            default: break
            }
            let token = String(decoding: text, as: UTF8.self)
            let package = Verdict {
                let date = Date(timeIntervalSince1970: Double(now) / 1000)
                try verifier.verify(TranToken(token), body: body, timeZone: .utc, at: date)
                return []
            }
            let reference = Verdict {
                try ReferenceToken(token)
                    .verify(body, secret: secret, secondsFromUTC: 0, toleranceSeconds: 300, verifiedAt: now)
                return []
            }
            opened += check((package, reference), "token \(number) at \(now)", text)
        }
        #expect((rounds * 3 / 10..<rounds * 9 / 10).contains(opened))
    }

    /// Records an issue if the verdicts differ, and returns 1 if both sides open the input, or else 0.
    private func check(_ verdicts: (package: Verdict, reference: Verdict), _ what: String, _ input: [UInt8]) -> Int {
        if verdicts.package != verdicts.reference {
            let texts = "package: \(verdicts.package), reference: \(verdicts.reference)"
            Issue.record("\(what): \(texts); \(String(decoding: input, as: UTF8.self))")
        }
        return verdicts.package.isOpened && verdicts.reference.isOpened ? 1 : 0
    }
}
