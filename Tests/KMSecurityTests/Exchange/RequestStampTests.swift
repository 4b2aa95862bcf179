import Foundation
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import KMWire
import Testing

@Suite struct RequestStampTests {
    private let secretKey: SecretKey

    init() throws {
        secretKey = try SecretKey(SecretBytes("secret"))
    }

    /// Compares each time of a stamp with Foundation's reading of the same instant.
    @Test(arguments: TimeZoneCode.all)
    func allTimesOfAStampAreTheSameInstant(zone: TimeZoneCode) throws {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.calendar = Calendar(identifier: .gregorian)
        formatter.timeZone = TimeZone(secondsFromGMT: zone.secondsFromUTC)
        formatter.dateFormat = "yyyyMMddHHmmss"
        let signer = TranTokenSigner(secretKey)
        var generator = SeededGenerator(seed: 60)
        let random = (0..<300).map { _ in Int64.random(in: 946_771_200_000...4_102_358_400_000, using: &generator) }
        let edges: [Int64] = [
            946_771_200_000, 4_102_358_400_000, 1_672_531_199_999, 1_672_498_799_999, 1_672_498_800_000,
            1_709_164_800_000,
            1_709_132_399_999, 1_709_218_800_000,
        ]
        for milliseconds in edges + random {
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            let stamp = try RequestStamp(date: date, timeZone: zone)
            let whole = Date(timeIntervalSince1970: Double(milliseconds / 1000))
            let text = formatter.string(from: whole)
            #expect(stamp.tranTime.text == text)
            #expect(stamp.correlationID.text.prefix(12) == text.suffix(12))
            #expect(stamp.timeZone == zone)
            let digits = String(milliseconds % 1000)
            let token = try signer.sign([], at: stamp)
            #expect(token.timeDigits == text + String(repeating: "0", count: 3 - digits.count) + digits)
            #expect(try CorrelationID(stamp.correlationID.text) == stamp.correlationID)
            #expect(try TranTime(text) == stamp.tranTime)
        }
    }

    @Test func correlationIDsOfTheSameDateAreRandom() throws {
        let date = Date(timeIntervalSince1970: 1_700_000_000)
        let ids = try (0..<200).map { _ in try RequestStamp(date: date, timeZone: .utc).correlationID.text }
        #expect(Set(ids).count > 195)
        #expect(ids.allSatisfy { $0.utf8.count == 20 })
        // The first random digit varies, too.
        #expect(Set(ids.compactMap { $0.dropFirst(13).first }).count > 10)
    }

    @Test func millisecondsAreRounded() throws {
        for (fraction, millisecond) in [(0.6084, "608"), (0.6086, "609"), (0.9994, "999"), (0.0001, "000")] {
            let stamp = try RequestStamp(date: Date(timeIntervalSince1970: 1_700_000_000 + fraction), timeZone: .utc)
            #expect(try TranTokenSigner(secretKey).sign([], at: stamp).timeDigits.suffix(3) == millisecond)
        }
        // Rounding up to the next second changes every time of the stamp.
        let stamp = try RequestStamp(date: Date(timeIntervalSince1970: 1_700_000_000.9996), timeZone: .utc)
        #expect(stamp.tranTime.text == "20231114221321")
        #expect(try TranTokenSigner(secretKey).sign([], at: stamp).timeDigits == "20231114221321000")
        #expect(stamp.correlationID.text.hasPrefix("231114221321-"))
    }

    @Test(arguments: [
        946_684_799.999, 4_102_444_800, 0, -1, 1e300, -1e300, .nan, .infinity, -.infinity,
        Double.greatestFiniteMagnitude,
    ])
    func datesOutside2000To2099AreRejected(seconds: Double) {
        let date = Date(timeIntervalSince1970: seconds)
        for zone in TimeZoneCode.all {
            #expect(rejection { try RequestStamp(date: date, timeZone: zone) } == .headerInvalid)
        }
    }
}
