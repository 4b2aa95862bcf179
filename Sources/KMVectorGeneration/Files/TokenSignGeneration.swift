internal import KMJOSE
internal import KMPrimitives

/// Generates `token-sign`: tokens that a sender must produce.
enum TokenSignGeneration: GeneratedOperation {
    static let name = "token-sign"

    static func file(_ seeded: SeededBytes) throws -> GeneratedFile {
        GeneratedFile(
            comment: """
                X-KM-Tran-Token of a body that is sent: KMV1:<yyyyMMddHHmmssSSS>:<Base64 of HMAC-SHA-256 over the body>. \
                The time is `signedAt`, milliseconds since 1970-01-01T00:00:00Z, on the clock of `timeZone`. Profile \
                documented writes the Base64 without its pad, 66 characters in all, gateway with it, 67. A request is \
                stamped from 2000-01-02T00:00:00Z (946771200000) to 2099-12-31T00:00:00Z (4102358400000), both included.
                """,
            flags: [
                ("Profile", "The token as each profile writes it, in each zone."),
                ("Body", "What a body may be: bytes, of which nothing is understood."),
                ("Secret", "Secrets of unusual sizes, and the empty one, which is refused."),
                ("Calendar", "A time at an edge of the calendar or the clock."),
                ("Range", "A time at an edge of what is taken, or beyond it."),
                ("Zone", "A text that names no zone that is taken."),
            ],
            groups: [GeneratedGroup("Each with a secret of its own.", [], try tests(seeded))]
        )
    }

    private static func tests(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        try profiles(seeded) + bodies(seeded) + secrets(seeded) + times(seeded) + rejected(seeded)
    }

    private static func profiles(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        try ProtocolTimeZone.all.flatMap { zone in
            try ["documented", "gateway"].map { profile in
                var draft = try Draft("\(zone.name) in profile \(profile)", ["Profile"], seeded)
                draft.zone = zone
                draft.profile = profile
                return try draft.signed()
            }
        }
    }

    private static func bodies(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        try TokenSamples.bodies(seeded.scope("bodies")).map { comment, body in
            var draft = try Draft(comment, ["Body"], seeded)
            draft.body = body
            return try draft.signed()
        }
    }

    private static func secrets(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        try [1, 6, 31, 33, 63, 64, 65, 200].map { count in
            let comment = "a secret of \(count) byte\(count == 1 ? "" : "s")"
            var draft = try Draft(comment, ["Secret"], seeded)
            draft.secret = try seeded.scope(comment).bytes(count, "secret")
            return try draft.signed()
        }
    }

    private static func times(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        try TimeSamples.stamped.flatMap { comment, flag, milliseconds in
            try [ProtocolTimeZone.utc, .kst].map { zone in
                var draft = try Draft("\(comment), in \(zone.name)", [flag], seeded)
                draft.zone = zone
                draft.instant = milliseconds
                return try draft.signed()
            }
        }
    }

    private static func rejected(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        var tests = try TimeSamples.rejected.map { comment, milliseconds in
            var draft = try Draft(comment, ["Range"], seeded)
            draft.instant = milliseconds
            return draft.rejected("headerInvalid", zone: draft.zone.name)
        }
        tests += try TimeSamples.zones.map { comment, text, error in
            try Draft(comment, ["Zone"], seeded).rejected(error, zone: text)
        }
        var draft = try Draft("an empty secret, under which anyone could sign", ["Secret"], seeded)
        draft.secret = []
        return tests + [draft.rejected("invalidSize", zone: draft.zone.name)]
    }

    /// A test before its expected result is added.
    private struct Draft {
        let comment: String
        let flags: [String]
        var zone = ProtocolTimeZone.utc
        var profile = "documented"
        var secret: [UInt8]
        var body: [UInt8]
        var instant: Int64

        init(_ comment: String, _ flags: [String], _ seeded: SeededBytes) throws {
            let own = seeded.scope(comment)
            self.comment = comment
            self.flags = flags
            secret = try TokenSamples.secret(own)
            body = Array(try ParameterSamples.request(own).utf8)
            instant = try TimeSamples.instant(own)
        }

        func signed() throws -> GeneratedTest {
            let token = try GeneratedToken(zone.reading(instant), secret: secret, body: body)
            return test(zone.name, .valid([.init("token", .text(token.text(isPadded: profile == "gateway")))]))
        }

        func rejected(_ error: String, zone: String) -> GeneratedTest {
            test(zone, .invalid(error))
        }

        private func test(_ zone: String, _ verdict: GeneratedTest.Verdict) -> GeneratedTest {
            let inputs: [JSONText.Member] = [
                .init("secretKey", .hex(secret)), .init("timeZone", .text(zone)), .init("signedAt", .number(instant)),
                .init("profile", .text(profile)), .init("body", .hex(body)),
            ]
            return GeneratedTest(comment, flags, inputs, verdict)
        }
    }
}
