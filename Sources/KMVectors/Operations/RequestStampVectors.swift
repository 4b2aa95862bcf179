internal import Foundation
internal import KMSecurity

/// The operation `request-stamp`: derives the times and the correlation id of a request.
///
/// The inputs are the instant of the request, its time zone, and the random bits of the correlation id.
struct RequestStampVectors: VectorOperation {
    static let name = "request-stamp"

    struct Input: MemberSet {
        let timeZone: String
        /// The instant of the request, in milliseconds since 1970-01-01T00:00:00Z.
        let stampedAt: Int64
        /// Four bytes, big-endian; the correlation id uses the low 28 bits.
        let random: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case timeZone, stampedAt, random
        }
    }

    struct Output: MemberSet {
        let correlationId, tranTime: String
        /// The time in the token, 17 digits.
        let tokenTime: String

        enum CodingKeys: CodingKey, CaseIterable {
            case correlationId, tranTime, tokenTime
        }
    }

    private let signer: TranTokenSigner

    init(_ shared: NoMembers) throws {
        signer = TranTokenSigner(try SecretKey(SecretBytes(randomCount: 32)))
    }

    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint] {
        var entryPoints = [
            EntryPoint("stamp") {
                let zone = try TimeZoneCode(input.timeZone)
                try expect(input.random.bytes.count == 4, "number of random bytes")
                let random = input.random.bytes.reduce(0) { $0 << 8 | UInt32($1) }
                let stamp = try RequestStamp(date: input.stampedAt.date, timeZone: zone, random: random)
                guard let output = expectation.output else { return }
                try expect(stamp.correlationID.text, output.correlationId, "X-KM-Correlation-Id")
                try check(stamp, output)
            },
            EntryPoint("stamp with fresh random bits") {
                let stamp = try RequestStamp(date: input.stampedAt.date, timeZone: TimeZoneCode(input.timeZone))
                guard let output = expectation.output else { return }
                let found = stamp.correlationID.text.prefix(13)
                try expect(String(found), String(output.correlationId.prefix(13)), "time of the correlation id")
                try check(stamp, output)
            },
        ]
        if let output = expectation.output {
            entryPoints.append(
                EntryPoint("stamp from clock digits") {
                    let zone = try TimeZoneCode(input.timeZone)
                    try check(RequestStamp(timeDigits: output.tokenTime, timeZone: zone), output)
                    try expect(CorrelationID(output.correlationId).text, output.correlationId, "correlation id")
                }
            )
        }
        return entryPoints
    }

    private func check(_ stamp: RequestStamp, _ output: Output) throws {
        try expect(stamp.tranTime.text, output.tranTime, "X-KM-Tran-Time")
        try expect(signer.sign([], at: stamp).timeDigits, output.tokenTime, "time of the token")
    }
}
