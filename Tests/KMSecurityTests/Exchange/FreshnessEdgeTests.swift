import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@Suite("Tolerance of the token's time")
struct FreshnessEdgeTests {
    private let ends: ClientAndServer

    init() throws {
        ends = try ClientAndServer()
    }

    @Test(
        "The tolerance is exact to the millisecond",
        arguments: [
            (300, true), (300.001, false), (-60, true), (-60.001, false), (0, true), (299.999, true), (-59.999, true),
            (86_400, false), (-86_400, false),
        ]
    )
    func edges(age: TimeInterval, passes: Bool) async throws {
        let server = try ends.server(tolerance: .init(past: 300, future: 60))
        let draft = ends.draft()
        ends.clock.set(ClientAndServer.start.addingTimeInterval(age))
        #expect(try await server.rejection(draft) == (passes ? nil : .tokenStale))
        // A request at the edge is remembered, too.
        if passes { #expect(try await server.rejection(draft) == .replayed) }
    }

    @Test("A tolerance of zero accepts only the current millisecond")
    func zero() async throws {
        let server = try ends.server(tolerance: .init(past: 0, future: 0))
        let draft = ends.draft()
        for (age, code) in [(0.001, KMError.Code.tokenStale), (-0.001, .tokenStale), (0, nil)] {
            ends.clock.set(ClientAndServer.start.addingTimeInterval(age))
            #expect(try await server.rejection(draft) == code)
        }
    }

    @Test("A time that would turn a check off is rejected", arguments: [Double.nan, .infinity, -.infinity, -1])
    func impossibleTimes(seconds: TimeInterval) async throws {
        for tolerance in [TranTokenVerifier.Tolerance(past: seconds, future: 300), .init(past: 300, future: seconds)] {
            #expect(rejection { try ends.server(tolerance: tolerance) } == .configurationInvalid)
        }
        #expect(rejection { try ends.server(correlationSkew: .seconds(seconds)) } == .configurationInvalid)
    }

    @Test("A time in the wrong time zone is nine hours off and is rejected")
    func wrongZone() async throws {
        var draft = ends.draft()
        draft.timeZone = "KST"
        #expect(try await ends.server().rejection(draft) == .tokenStale)
        draft.setTime("20270305213456789")
        #expect(try await ends.server().rejection(draft) == nil)
    }

    /// Checks instants at which two time zones have different dates, and leap days.
    @Test(
        arguments: [
            (1_798_729_199.999, "20261231145959999", "20261231235959999"),
            (1_798_729_200.000, "20261231150000000", "20270101000000000"),
            (1_798_761_599.999, "20261231235959999", "20270101085959999"),
            (1_798_761_600.000, "20270101000000000", "20270101090000000"),
            (1_835_362_800.000, "20280228150000000", "20280229000000000"),
            (1_835_395_200.000, "20280229000000000", "20280229090000000"),
            (1_835_481_599.999, "20280229235959999", "20280301085959999"),
            (1_866_985_200.000, "20290228150000000", "20290301000000000"),
        ]
    )
    func theSameInstantIsAcceptedInEveryTimeZone(seconds: TimeInterval, utc: String, kst: String) async throws {
        ends.clock.set(Date(timeIntervalSince1970: seconds))
        let server = try ends.server(tolerance: .init(past: 0, future: 0))
        for (zone, digits) in [(TimeZoneCode.utc, utc), (.gmt, utc), (.kst, kst), (.jst, kst)] {
            let request = try ends.client(timeZone: zone).seal(ClientAndServer.parameters, protection: .none)
            #expect(request.requestHeaders.token.timeDigits == digits)
            #expect(request.headers[.kmTranTime] == String(digits.prefix(14)))
            #expect(request.headers[.kmCorrelationID]?.hasPrefix(digits.prefix(14).dropFirst(2)) == true)
            _ = try await server.open(request, protection: .none)
        }
    }

    @Test("The correlation id's time may differ by the configured skew")
    func correlationTolerance() async throws {
        for (tolerance, time, passes) in [
            (300, "270305122956", true), (300, "270305123956", true), (300, "270305123957", false),
            (0, "270305123456", true), (0, "270305123457", false), (nil, "270305213456", true),
        ] as [(TimeInterval?, String, Bool)] {
            let server = try ServerSecurity(
                credentials: ends.credentials(ends.secretKey),
                keyring: CryptoKeyring([ends.serverKey], primary: nil),
                configuration: .init(
                    replayRetention: .insecureFreshnessWindowOnly,
                    correlationSkew: tolerance.map { .seconds($0) } ?? .insecureUnlimited
                ),
                clock: ends.clock.now
            )
            var draft = ends.draft()
            draft.correlationID = "\(time)-0a1b2c3"
            #expect(try await server.rejection(draft) == (passes ? nil : .timeMismatch))
        }
    }
}
