/// Generates `request-stamp`: the times and the correlation id that follow from an instant and random bits.
enum RequestStampGeneration: GeneratedOperation {
    static let name = "request-stamp"

    static func file(_ seeded: SeededBytes) throws -> GeneratedFile {
        GeneratedFile(
            comment: """
                What one instant of a request becomes: X-KM-Tran-Time, the token's time, and X-KM-Correlation-Id. The \
                instant is `stampedAt`, milliseconds since 1970-01-01T00:00:00Z, read on the clock of `timeZone`. The \
                correlation id is yyMMddHHmmss, a hyphen, and the low 28 bits of `random` (four bytes, big-endian) in 7 \
                lower-case hexadecimal digits. A request is stamped from 2000-01-02T00:00:00Z (946771200000) to \
                2099-12-31T00:00:00Z (4102358400000), both included.
                """,
            flags: [
                ("Zone", "The zone whose clock is read, or a text that names none."),
                ("Calendar", "A time at an edge of the calendar or the clock."),
                ("Random", "The random bits at their edges; of 32, the high four are not taken."),
                ("Range", "A time at an edge of what is taken, or beyond it."),
            ],
            groups: [GeneratedGroup("Instants, each with random bits of its own.", [], try tests(seeded))]
        )
    }

    private static func tests(_ seeded: SeededBytes) throws -> [GeneratedTest] {
        var tests = try ProtocolTimeZone.all.flatMap { zone in
            try (1...2).map { number in
                let comment = "an instant in \(zone.name), the \(number == 1 ? "first" : "second")"
                let own = seeded.scope(comment)
                return try stamped(comment, "Zone", zone, TimeSamples.instant(own), own)
            }
        }
        for (time, flag, milliseconds) in TimeSamples.stamped {
            for zone in [ProtocolTimeZone.utc, .kst] {
                let comment = "\(time), in \(zone.name)"
                tests.append(try stamped(comment, flag, zone, milliseconds, seeded.scope(comment)))
            }
        }
        for random: UInt32 in [0, 1, 0x0FFF_FFFF, 0x1000_0000, 0xF000_0001, 0xFFFF_FFFF, 0xABCD_EF01] {
            let comment = "random bits \(String(random, radix: 16))"
            let own = seeded.scope(comment)
            tests.append(try stamped(comment, "Random", .kst, TimeSamples.instant(own), own, random: random))
        }
        tests += try TimeSamples.rejected.map { comment, milliseconds in
            let random = try seeded.scope(comment).bytes(4, "random")
            return rejected(comment, "Range", "UTC", milliseconds, random, "headerInvalid")
        }
        tests += try TimeSamples.zones.map { comment, text, error in
            let own = seeded.scope(comment)
            return rejected(comment, "Zone", text, try TimeSamples.instant(own), try own.bytes(4, "random"), error)
        }
        return tests
    }

    private static func stamped(
        _ comment: String,
        _ flag: String,
        _ zone: ProtocolTimeZone,
        _ milliseconds: Int64,
        _ seeded: SeededBytes,
        random given: UInt32? = nil
    ) throws -> GeneratedTest {
        let random = try given ?? UInt32(seeded.number(0...0xFFFF_FFFF, "random"))
        let reading = zone.reading(milliseconds)
        let bits = String(UInt64(random % 0x1000_0000) + 0x1_0000_0000, radix: 16).suffix(7)
        return GeneratedTest(
            comment,
            [flag],
            inputs(zone.name, milliseconds, (0..<4).map { UInt8(random >> (24 - 8 * $0) & 0xFF) }),
            .valid([
                .init("correlationId", "\(reading.dropFirst(2).prefix(12))-\(bits)"),
                .init("tranTime", .text(String(reading.prefix(14)))),
                .init("tokenTime", .text(reading)),
            ])
        )
    }

    private static func rejected(
        _ comment: String,
        _ flag: String,
        _ zone: String,
        _ milliseconds: Int64,
        _ random: [UInt8],
        _ error: String
    ) -> GeneratedTest {
        GeneratedTest(comment, [flag], inputs(zone, milliseconds, random), .invalid(error))
    }

    private static func inputs(_ zone: String, _ milliseconds: Int64, _ random: [UInt8]) -> [JSONText.Member] {
        [
            .init("timeZone", .text(zone)), .init("stampedAt", .number(milliseconds)), .init("random", .hex(random)),
        ]
    }
}
