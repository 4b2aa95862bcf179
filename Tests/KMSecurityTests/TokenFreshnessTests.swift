import Foundation
import KMSecurity
import KMTestSupport
import Testing

@Suite struct TokenFreshnessTests {
    private let now = Date(timeIntervalSince1970: 1_667_876_894.608)
    private let secretKey: SecretKey

    init() throws {
        secretKey = try SecretKey(SecretBytes(World.secretText))
    }

    /// The code for a token made now, verified `seconds` later.
    private func code(
        after seconds: TimeInterval,
        _ tolerance: TranTokenVerifier.Tolerance? = .standard,
        made: TimeZoneCode = .kst,
        read: TimeZoneCode = .kst
    ) throws -> KMError.Code? {
        let stamp = try RequestStamp(date: now, timeZone: made)
        let token = try TranTokenSigner(secretKey).sign([1], at: stamp)
        let verifier = TranTokenVerifier(secretKey, tolerance: tolerance)
        return refusal { try verifier.verify(token, body: [1], timeZone: read, at: now + seconds) }
    }

    @Test func bothEdgesAreIncluded() throws {
        for seconds in [0, 0.001, 299.999, 300, -0.001, -299.999, -300] {
            #expect(try code(after: seconds) == nil, "\(seconds)")
        }
        for seconds in [300.001, 301, 3600, 1e9, -300.001, -301, -3600, -1e9] {
            #expect(try code(after: seconds) == .tokenStale, "\(seconds)")
        }
    }

    @Test func theEdgesAreApart() throws {
        let tolerance = TranTokenVerifier.Tolerance(past: 10, future: 2)
        #expect(try code(after: 10, tolerance) == nil)
        #expect(try code(after: 10.001, tolerance) == .tokenStale)
        #expect(try code(after: -2, tolerance) == nil)
        #expect(try code(after: -2.001, tolerance) == .tokenStale)
    }

    /// Edges that binary fractions do not hit are still included.
    @Test(arguments: [0, 0.001, 0.29, 0.57, 1.001, 1.005, 4.35, 8.41, 64.1, 1023.999])
    func fractionsOfSeconds(edge: TimeInterval) throws {
        let tolerance = TranTokenVerifier.Tolerance(past: edge, future: edge)
        #expect(try code(after: edge, tolerance) == nil)
        #expect(try code(after: -edge, tolerance) == nil)
        #expect(try code(after: edge + 0.001, tolerance) == .tokenStale)
        #expect(try code(after: -edge - 0.001, tolerance) == .tokenStale)
    }

    @Test func anyTimePassesWhereNoneIsAskedFor() throws {
        #expect(try code(after: 1e9, nil) == nil)
        #expect(try code(after: -1e9, nil) == nil)
    }

    @Test func theZoneCounts() throws {
        for (made, read) in [(TimeZoneCode.kst, TimeZoneCode.utc), (.utc, .kst), (.jst, .gmt)] {
            #expect(try code(after: 0, made: made, read: read) == .tokenStale)
        }
        for (made, read) in [(TimeZoneCode.kst, TimeZoneCode.jst), (.utc, .gmt)] {
            #expect(try code(after: 0, made: made, read: read) == nil)
        }
    }

    /// What is no number lets nothing pass.
    @Test func numbersThatAreNoneFailClosed() throws {
        #expect(try code(after: .nan) == .tokenStale)
        #expect(try code(after: .infinity) == .tokenStale)
        #expect(try code(after: 0, .init(past: .nan, future: 300)) == .tokenStale)
        #expect(try code(after: 0, .init(past: 300, future: .nan)) == .tokenStale)
        #expect(try code(after: 0, .init(past: -1, future: 300)) == .tokenStale)
    }

    /// A forger learns nothing of the clock: the MAC comes first.
    @Test func theMACIsCheckedFirst() throws {
        let stamp = try RequestStamp(date: now, timeZone: .utc)
        let token = try TranTokenSigner(SecretKey(SecretBytes("another"))).sign([1], at: stamp)
        let verifier = TranTokenVerifier(secretKey)
        #expect(refusal { try verifier.verify(token, body: [1], timeZone: .utc, at: now + 1e6) } == .tokenMismatch)
    }
}
