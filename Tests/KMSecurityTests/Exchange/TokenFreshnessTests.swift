import Foundation
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@Suite struct TokenFreshnessTests {
    private let now = Date(timeIntervalSince1970: 1_667_876_894.608)
    private let secretKey: SecretKey

    init() throws {
        secretKey = try SecretKey(SecretBytes(ClientAndServer.secretText))
    }

    /// Returns the error code for a token that is made now and verified `seconds` later.
    private func code(
        after seconds: TimeInterval,
        _ tolerance: TranTokenVerifier.Tolerance? = .standard,
        made: TimeZoneCode = .kst,
        read: TimeZoneCode = .kst
    ) throws -> KMError.Code? {
        let stamp = try RequestStamp(date: now, timeZone: made)
        let token = try TranTokenSigner(secretKey).sign([1], at: stamp)
        let verifier = TranTokenVerifier(secretKey, tolerance: tolerance)
        return rejection { try verifier.verify(token, body: [1], timeZone: read, at: now + seconds) }
    }

    @Test func bothEdgesOfTheToleranceAreAccepted() throws {
        for seconds in [0, 0.001, 299.999, 300, -0.001, -299.999, -300] {
            #expect(try code(after: seconds) == nil, "\(seconds)")
        }
        for seconds in [300.001, 301, 3600, 1e9, -300.001, -301, -3600, -1e9] {
            #expect(try code(after: seconds) == .tokenStale, "\(seconds)")
        }
    }

    @Test func pastAndFutureTolerancesAreIndependent() throws {
        let tolerance = TranTokenVerifier.Tolerance(past: 10, future: 2)
        #expect(try code(after: 10, tolerance) == nil)
        #expect(try code(after: 10.001, tolerance) == .tokenStale)
        #expect(try code(after: -2, tolerance) == nil)
        #expect(try code(after: -2.001, tolerance) == .tokenStale)
    }

    /// Checks edges without an exact binary representation.
    @Test(arguments: [0, 0.001, 0.29, 0.57, 1.001, 1.005, 4.35, 8.41, 64.1, 1023.999])
    func fractionalTolerancesAreExact(edge: TimeInterval) throws {
        let tolerance = TranTokenVerifier.Tolerance(past: edge, future: edge)
        #expect(try code(after: edge, tolerance) == nil)
        #expect(try code(after: -edge, tolerance) == nil)
        #expect(try code(after: edge + 0.001, tolerance) == .tokenStale)
        #expect(try code(after: -edge - 0.001, tolerance) == .tokenStale)
    }

    @Test func anyTimeIsAcceptedWithoutATolerance() throws {
        #expect(try code(after: 1e9, nil) == nil)
        #expect(try code(after: -1e9, nil) == nil)
    }

    @Test func theTimeZoneIsApplied() throws {
        for (made, read) in [(TimeZoneCode.kst, TimeZoneCode.utc), (.utc, .kst), (.jst, .gmt)] {
            #expect(try code(after: 0, made: made, read: read) == .tokenStale)
        }
        for (made, read) in [(TimeZoneCode.kst, TimeZoneCode.jst), (.utc, .gmt)] {
            #expect(try code(after: 0, made: made, read: read) == nil)
        }
    }

    @Test func invalidTimesAndTolerancesRejectEveryToken() throws {
        #expect(try code(after: .nan) == .tokenStale)
        #expect(try code(after: .infinity) == .tokenStale)
        #expect(try code(after: 0, .init(past: .nan, future: 300)) == .tokenStale)
        #expect(try code(after: 0, .init(past: 300, future: .nan)) == .tokenStale)
        #expect(try code(after: 0, .init(past: -1, future: 300)) == .tokenStale)
    }

    /// Checks that a forger learns nothing about the server's clock.
    @Test func theMACIsCheckedBeforeTheTime() throws {
        let stamp = try RequestStamp(date: now, timeZone: .utc)
        let token = try TranTokenSigner(SecretKey(SecretBytes("another"))).sign([1], at: stamp)
        let verifier = TranTokenVerifier(secretKey)
        #expect(rejection { try verifier.verify(token, body: [1], timeZone: .utc, at: now + 1e6) } == .tokenMismatch)
    }
}
