internal import KMJOSE
internal import KMVectors

/// Generates `token-verify`: received tokens, valid ones and copies with one defect each.
enum TokenVerifyGeneration: GeneratedOperation {
    static let name = "token-verify"

    static func file(_ seeded: SeededBytes) throws -> GeneratedFile {
        GeneratedFile(
            comment: """
                X-KM-Tran-Token, as the file of this name one folder up has it: right ones, and one damaged in each way. \
                `verifiedAt` and `tokenTime` count milliseconds since 1970-01-01T00:00:00Z.
                """,
            flags: [
                ("Form66", "Without the Base64 pad, as profile documented sends it."),
                ("Form67", "With the Base64 pad, as profile gateway sends it."),
                ("Body", "What a body may be: bytes, of which nothing is understood."),
                ("Freshness", "The token's time is at the edge of the tolerance, or beyond it."),
                ("Mismatch", "The MAC is of another body, under another secret, or changed."),
                ("Form", "Another length or form than is due."),
                ("Calendar", "A time that no calendar or clock has."),
                ("Base64", "The MAC is not in canonical Base64 of the standard alphabet."),
            ],
            groups: try ProtocolTimeZone.all.map { zone in try group(zone, seeded.scope(zone.name)) }
        )
    }

    private static func group(_ zone: ProtocolTimeZone, _ seeded: SeededBytes) throws -> GeneratedGroup {
        let draft = try Draft(zone, seeded)
        // Generate the defects for one zone only: zones differ only in how the time is read.
        let more = zone.name == "KST" ? try bodies(draft, seeded) + defective(draft, seeded) : []
        return GeneratedGroup(
            "A secret of 32 characters, \(zone.name), \(draft.tolerance) seconds.",
            [
                .init("secretKey", .hex(draft.secret)), .init("timeZone", .text(zone.name)),
                .init("toleranceSeconds", .number(draft.tolerance)),
            ],
            try times(draft) + more
        )
    }

    private static func times(_ draft: Draft) throws -> [GeneratedTest] {
        let edge = draft.tolerance * 1000
        let hours = Int64(9 * 3_600_000)
        let fresh: [(String, Int64)] = [
            ("made now", 0), ("made exactly as long ago as is allowed", edge), ("as far ahead as is allowed", -edge),
        ]
        let stale: [(String, Int64)] = [
            ("a millisecond too old", edge + 1), ("a millisecond too far ahead", -edge - 1),
            ("nine hours old, as when zones are mixed up", hours),
            ("nine hours ahead, as when zones are mixed up", -hours),
        ]
        return try fresh.flatMap { comment, age in
            try [
                draft.valid(comment, ["Form66", "Freshness"], isPadded: false, age: age),
                draft.valid("\(comment), padded", ["Form67", "Freshness"], isPadded: true, age: age),
            ]
        }
            + stale.map { comment, age in
                draft.test(
                    comment,
                    ["Freshness"],
                    try draft.token().text(isPadded: false),
                    age: age,
                    .invalid("tokenStale")
                )
            }
    }

    private static func bodies(_ draft: Draft, _ seeded: SeededBytes) throws -> [GeneratedTest] {
        try TokenSamples.bodies(seeded.scope("bodies")).map { comment, body in
            var draft = draft
            draft.body = body
            return try draft.valid(comment, ["Body"], isPadded: body.count.isMultiple(of: 2), age: 0)
        }
    }

    private static func defective(_ draft: Draft, _ seeded: SeededBytes) throws -> [GeneratedTest] {
        try mismatches(draft, seeded)
            + texts(draft, seeded).map { comment, flag, text in
                draft.test(comment, [flag], text, age: 0, .invalid("tokenMalformed"))
            }
    }

    private static func mismatches(_ draft: Draft, _ seeded: SeededBytes) throws -> [GeneratedTest] {
        let genuine = try draft.token()
        let bit = try seeded.index(below: 256, "bit of the MAC")
        var turned = genuine
        turned.mac[bit / 8] ^= 0x80 >> UInt8(bit % 8)
        var zeros = genuine
        zeros.mac = [UInt8](repeating: 0, count: 32)
        let bodyBit = try seeded.index(below: draft.body.count * 8, "bit of the body")
        var other = draft.body
        other[bodyBit / 8] ^= 0x80 >> UInt8(bodyBit % 8)
        let bodies: [(String, [UInt8])] = [
            ("a bit of the body is turned", other), ("the body with a line feed behind it", draft.body + [0x0A]),
            ("the body without its last byte", draft.body.dropLast()), ("no body", []),
            ("the body with a space before it", [0x20] + draft.body),
        ]
        let secrets: [(String, [UInt8])] = [
            ("under the secret with a line feed behind it", draft.secret + [0x0A]),
            ("under the secret without its last character", draft.secret.dropLast()),
            ("under another secret", try seeded.bytes(32, "another secret")),
        ]
        let macs =
            try [("a bit of the MAC is turned", turned), ("a MAC of zeros", zeros)]
            + secrets.map { ("a MAC \($0)", try GeneratedToken(genuine.time, secret: $1, body: draft.body)) } + [
                (
                    "a MAC of time and body",
                    try GeneratedToken(genuine.time, secret: draft.secret, body: Array(genuine.time.utf8) + draft.body)
                )
            ]
        return macs.map { comment, token in
            draft.test(comment, ["Mismatch"], token.text(isPadded: false), age: 0, .invalid("tokenMismatch"))
        }
            + bodies.map { comment, body in
                var received = draft
                received.body = body
                return received.test(
                    comment,
                    ["Mismatch"],
                    genuine.text(isPadded: false),
                    age: 0,
                    .invalid("tokenMismatch")
                )
            }
    }

    private static func texts(
        _ draft: Draft,
        _ seeded: SeededBytes
    ) throws -> [(comment: String, flag: String, text: String)] {
        let token = try draft.token()
        let (time, mac) = (token.time, Base64.standard.encode(token.mac))
        let text = token.text(isPadded: false)
        let cut = try seeded.index(below: text.count, "cut")
        let place = try seeded.index(below: 42, "place in the MAC")
        func substituted(_ character: String) -> String {
            "KMV1:\(time):\(mac.prefix(place))\(character)\(mac.dropFirst(place + 1))"
        }
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let last = mac.last.flatMap(alphabet.firstIndex) ?? 0
        let stray = alphabet[last | (try seeded.index(below: 3, "stray bits") + 1)]
        func changed(_ offset: Int, _ digits: String) -> String {
            "KMV1:\(time.prefix(offset))\(digits)\(time.dropFirst(offset + digits.count)):\(mac)"
        }
        return [
            ("month 13", "Calendar", changed(4, "13")), ("day 0", "Calendar", changed(6, "00")),
            ("30 February", "Calendar", changed(4, "0230")), ("hour 24", "Calendar", changed(8, "24")),
            ("second 60", "Calendar", changed(12, "60")), ("year 0", "Calendar", changed(0, "0000")),
            ("cut short", "Form", String(text.prefix(cut))), ("two pads", "Form", "\(text)=="),
            ("a line feed behind it", "Form", "\(text)\n"), ("a space before it", "Form", " \(text)"),
            ("the prefix KMV2:", "Form", "KMV2:\(time):\(mac)"),
            ("the prefix in small letters", "Form", "kmv1:\(time):\(mac)"),
            ("time and MAC exchanged", "Form", "KMV1:\(mac):\(time)"), ("no prefix", "Form", "\(time):\(mac)"),
            ("semicolons for colons", "Form", "KMV1;\(time);\(mac)"),
            ("a time of 14 digits", "Form", "KMV1:\(time.prefix(14)):\(mac)"),
            ("a letter in the time", "Form", "KMV1:\(time.dropLast())x:\(mac)"),
            ("the MAC in hexadecimal", "Form", "KMV1:\(time):\(Hex(token.mac).text)"),
            ("67 characters that end in A", "Form", "\(text)A"), ("a hyphen in the MAC", "Base64", substituted("-")),
            ("an underscore in the MAC", "Base64", substituted("_")),
            ("a space in the MAC", "Base64", substituted(" ")),
            ("a pad in the MAC", "Base64", substituted("=")),
            ("a letter beyond ASCII in the MAC", "Base64", substituted("é")),
            ("stray bits behind the MAC", "Base64", "\(text.dropLast())\(stray)"),
            ("stray bits behind the MAC, padded", "Base64", "\(text.dropLast())\(stray)="),
        ]
    }

    /// The inputs that the tests of a group start from.
    private struct Draft {
        let zone: ProtocolTimeZone
        let secret: [UInt8]
        /// The tolerance, in seconds.
        let tolerance: Int64
        let instant: Int64
        var body: [UInt8]

        init(_ zone: ProtocolTimeZone, _ seeded: SeededBytes) throws {
            self.zone = zone
            secret = try TokenSamples.secret(seeded)
            tolerance = Int64(try seeded.number(1...3600, "tolerance"))
            instant = try TimeSamples.instant(seeded)
            body = Array(try ParameterSamples.request(seeded).utf8)
        }

        func token() throws -> GeneratedToken {
            try GeneratedToken(zone.reading(instant), secret: secret, body: body)
        }

        func valid(_ comment: String, _ flags: [String], isPadded: Bool, age: Int64) throws -> GeneratedTest {
            let token = try token()
            let outputs: [JSONText.Member] = [
                .init("tokenTime", .number(instant)), .init("documented", .text(token.text(isPadded: false))),
                .init("gateway", .text(token.text(isPadded: true))),
            ]
            return test(comment, flags, token.text(isPadded: isPadded), age: age, .valid(outputs))
        }

        func test(
            _ comment: String,
            _ flags: [String],
            _ token: String,
            age: Int64,
            _ verdict: GeneratedTest.Verdict
        ) -> GeneratedTest {
            let inputs: [JSONText.Member] = [
                .init("token", .text(token)), .init("body", .hex(body)), .init("verifiedAt", .number(instant + age)),
            ]
            return GeneratedTest(comment, flags, inputs, verdict)
        }
    }
}
