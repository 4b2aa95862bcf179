#if Sandbox
import Foundation
import HTTPTypes
import KMJSON
import KMSecurity
import KMVectorGeneration
import KMWire

/// Valid calls, which the server must accept.
extension ConformanceCase {
    /// The first case: if it fails, all other cases say nothing.
    static let first = "valid-documented"

    static let validCalls = [
        ConformanceCase(
            first,
            .valid,
            "The server accepts a call of the profile documented.",
            fault: "the server rejects a form that it must accept"
        ) { session in try await FirstCall.finding(session, first) },
        valid("valid-gateway", .message, .gateway, "The server accepts a call of the profile gateway."),
        valid("valid-field-documented", .field, .documented, "The server accepts a field-level call."),
        valid("valid-field-gateway", .field, .gateway, "The server accepts a field-level call with a padded token."),
        ConformanceCase(
            "valid-time-zone",
            .valid,
            "The server reads the times of a call in the zone of X-KM-Time-Zone.",
            fault: "the server ignores X-KM-Time-Zone"
        ) { session in
            let zone: TimeZoneCode = session.maker.credentials.timeZone.secondsFromUTC == 0 ? .kst : .utc
            return await session.accepts(try session.maker.call(stamp: session.maker.stamp(zone: zone)))
        },
        ConformanceCase(
            "valid-body-spelling",
            .valid,
            "The server checks the token over the bytes of the body as sent, whatever their white space.",
            fault: "the server checks the token over JSON that it wrote anew, and not over the bytes as received"
        ) { session in
            let jwe = try session.maker.message().encrypted().text
            let body = Array("{ \"enc\\u0044ata\" :\t\"\(jwe)\" }\n".utf8)
            return await session.accepts(try session.maker.call(body: body))
        },
        ConformanceCase(
            "valid-header-names",
            .valid,
            "The server accepts header names in lower case.",
            fault: "the server compares header names with their case"
        ) { session in
            var call = try session.maker.call()
            call.headers = call.headers.map { field in
                var field = field
                field.name = HTTPField.Name(field.name.canonicalName) ?? field.name
                return field
            }
            return await session.accepts(call)
        },
        ConformanceCase(
            "valid-longest-parameters",
            .valid,
            "The server reads parameters of the documented maximum: userId 9999999999999999999.",
            fault: "the server reads userId into a signed 64-bit integer, and the documented maximum does not fit"
        ) { session in
            guard let parameters = try session.maker.credentials.parametersWithLongestUserID() else {
                return .skipped("the parameters of the credentials file have no userId")
            }
            let stamp = try session.maker.stamp()
            let body = try session.maker.body(.message, .documented, stamp, parameters: parameters)
            let reply = await session.send(try session.maker.call(body: body, stamp: stamp))
            // Most servers have no such user: they open the call, and answer 001_006.
            return reply.verdict == .opened ? .passed(reply.summary) : .failed(reply.summary)
        },
        ConformanceCase(
            "valid-other-key",
            .valid,
            "The server accepts a call under the second crypto key, and answers under it.",
            fault: "the server supports one crypto key only, so keys cannot be rotated",
            needs: [.otherKey]
        ) { session in
            let key = session.maker.credentials.otherKey
            return await session.accepts(
                try session.maker.call(key: key),
                keeping: ("valid-other-key", .documented, key)
            )
        },
        ConformanceCase(
            "valid-other-caller",
            .valid,
            "The server accepts a call of the other caller under that caller's key.",
            fault: "the server supports one caller only, or does not know the credentials of --other-credentials",
            needs: [.otherCaller]
        ) { session in
            guard let other = session.otherMaker else { return .skipped("there is no other caller") }
            return await session.accepts(try other.call())
        },
    ]

    /// The last case.
    static let end = [
        ConformanceCase(
            "valid-at-the-end",
            .end,
            "The server still accepts a valid call after all hostile ones.",
            fault: "a hostile call damaged the server, or it locks out a caller whose calls are rejected"
        ) { session in await session.accepts(try session.maker.call()) }
    ]

    private static func valid(
        _ name: String,
        _ level: TestCall.Level,
        _ profile: WireProfile,
        _ expected: String
    ) -> ConformanceCase {
        ConformanceCase(
            name,
            .valid,
            expected,
            fault: "the server rejects a form that it must accept",
            needs: level == .field ? [.fieldLevel] : []
        ) { session in
            await session.accepts(try session.maker.call(level, profile), keeping: (name, profile, nil))
        }
    }
}

extension Session {
    /// Sends a valid call, which the server must answer with status 200.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - exchange: The name, profile and key under which the exchange is kept for the cases about responses; nil if
    ///     it is not kept. The key nil is the first one of the credentials.
    /// - Returns: Whether the status is 200, and if not, the likely fault.
    func accepts(
        _ call: TestCall,
        keeping exchange: (name: String, profile: WireProfile, key: CredentialsFile.KeyPair?)? = nil
    ) async -> Finding {
        await tries(call, keeping: exchange).finding
    }

    /// Sends a valid call as ``accepts(_:keeping:)``, and also returns the reply.
    func tries(
        _ call: TestCall,
        keeping exchange: (name: String, profile: WireProfile, key: CredentialsFile.KeyPair?)? = nil
    ) async -> (finding: Finding, reply: Reply) {
        let reply = await send(call)
        guard reply.status == 200 else {
            return (.failed(reply.summary, fault: Self.fault(of: reply, call)), reply)
        }
        if let exchange {
            keep(
                Exchange(
                    name: exchange.name,
                    call: call,
                    profile: exchange.profile,
                    key: exchange.key ?? maker.credentials.key,
                    reply: reply
                )
            )
        }
        return (.passed("HTTP 200"), reply)
    }

    /// Returns why a valid call may have got a reply other than status 200; nil if the case's own fault is likelier.
    private static func fault(of reply: Reply, _ call: TestCall) -> String? {
        switch reply {
        case .notSent(let detail): return connectionFault(detail)
        case .closed: return "the server closes the connection, or does not speak HTTP/1.1 at this URL"
        case .timedOut: return "the server does not answer in time; --timeout accepts slower answers"
        case .tooLarge: return "the server answers with more than 4 MiB"
        case .response(let head, _):
            switch (head.status.code, reply.verdict) {
            case (404, _), (405, _): return "the server has no POST \(call.path) below the given URL"
            case (300..<400, _): return "the server redirects; give the URL that it redirects to"
            case (500..., _): return "the server fails on a valid call; look into its log"
            case (_, .opened):
                return "the server opened the call and did not find the card; give parameters that it knows in the "
                    + "credentials file, as the member parameters"
            default:
                return clockFault(head) ?? (reply.result == nil ? "the server's reply is not a result in JSON" : nil)
            }
        }
    }

    private static func connectionFault(_ detail: String) -> String {
        let text = detail.lowercased()
        if text.contains("ssl") || text.contains("tls") || text.contains("certificate") {
            return "the TLS handshake failed; give the certificate of the server's issuer with --ca FILE, and check "
                + "that the URL's host is a name in the server's certificate"
        }
        if text.contains("errno: \(ECONNREFUSED)") { return "nothing listens at this host and port" }
        return "there is no connection to this host and port"
    }

    /// Returns a fault if the server's clock is far from the tester's.
    private static func clockFault(_ head: HTTPResponse) -> String? {
        guard let difference = ClockDifference(head)?.seconds, abs(difference) > 60 else { return nil }
        return "the clocks differ: the server's is \(abs(difference)) s \(difference < 0 ? "behind" : "ahead")"
    }
}

extension CredentialsFile {
    /// Returns the valid parameters with the largest documented userId, which is past a signed 64-bit integer; nil if they
    /// have no userId.
    fileprivate func parametersWithLongestUserID() throws -> [UInt8]? {
        let parameters = validParameters
        let selection = try FieldSelection(["$.userId"], presence: .optional)
        let limits = ParameterLimits.standard.matcherLimits
        guard let match = try FieldMatcher.matches(selection, in: parameters.span, limits: limits).first else {
            return nil
        }
        return parameters[..<match.range.lowerBound] + Array("9999999999999999999".utf8)
            + parameters[match.range.upperBound...]
    }
}
#endif
