#if Sandbox
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMWire

/// Times that are wrong or contradict each other.
extension ConformanceCase {
    static let times = [
        ConformanceCase(
            "time-past",
            .times,
            "The server rejects a call whose token is an hour old.",
            fault: "the server does not check the token's time"
        ) { session in
            await session.rejects(try session.maker.call(stamp: session.maker.stamp(-3600)))
        },
        ConformanceCase(
            "time-future",
            .times,
            "The server rejects a call whose token is from an hour ahead.",
            fault: "the server accepts tokens from the future, which stay valid until then"
        ) { session in
            await session.rejects(try session.maker.call(stamp: session.maker.stamp(3600)))
        },
        ConformanceCase(
            "time-unlike-token",
            .times,
            "The server rejects a call whose X-KM-Tran-Time is not the second of the token's time.",
            fault: "the server does not compare the token's time with X-KM-Tran-Time"
        ) { session in
            let call = try session.maker.call()
            let other = try session.maker.stamp(-90).tranTime.text
            return await session.rejects(call.with(.kmTranTime, other))
        },
        ConformanceCase(
            "time-impossible",
            .times,
            "The server rejects a time that is not in the calendar, such as the 62nd day of a month.",
            fault: "the server's date parser moves impossible dates to possible ones"
        ) { session in
            let stamp = try session.maker.stamp()
            let call = try session.maker.call(stamp: stamp)
            // The same instant, as a day of the month before: 1 November is 32 October.
            let digits = stamp.time.dayOfEarlierMonth
            let token = "KMV1:\(digits):" + call.value(.kmTranToken).dropFirst(23)
            return await session.rejects(
                call.with(.kmTranToken, token).with(.kmTranTime, String(digits.prefix(14)))
            )
        },
        ConformanceCase(
            "time-zone-unknown",
            .times,
            "The server rejects a time zone that it does not know.",
            fault: "the server takes an unknown time zone for UTC"
        ) { session in
            let call = try session.maker.call(stamp: session.maker.stamp(zone: .utc))
            return await session.rejects([
                ("CST", call.with(.kmTimeZone, "CST")),
                ("utc", try session.utcCall().with(.kmTimeZone, "utc")),
            ])
        },
        ConformanceCase(
            "correlation-id-malformed",
            .times,
            "The server rejects a correlation id of another form than yyMMddHHmmss-xxxxxxx.",
            fault: "the server does not check the form of the correlation id"
        ) { session in
            var calls: [(String, TestCall)] = []
            for (label, edit) in Self.correlationEdits {
                let call = try session.maker.call()
                calls.append((label, call.with(.kmCorrelationID, edit(call.value(.kmCorrelationID)))))
            }
            return await session.rejects(calls)
        },
        ConformanceCase(
            "correlation-id-time",
            .times,
            "The server rejects a correlation id whose time is a day away from X-KM-Tran-Time.",
            fault: "the server does not compare the correlation id's time with X-KM-Tran-Time"
        ) { session in
            let other = try session.maker.stamp(-86_400).correlationID
            return await session.rejects(try session.maker.call().with(.kmCorrelationID, other.text))
        },
    ]

    private static let correlationEdits: [(String, @Sendable (String) -> String)] = [
        ("19 characters", { String($0.dropLast()) }),
        ("21 characters", { $0 + "0" }),
        ("no hyphen", { $0.replacing("-", with: "0") }),
        ("a letter that is no hexadecimal digit", { $0.dropLast() + "g" }),
        ("the 13th month", { $0.prefix(2) + "13" + $0.dropFirst(4) }),
    ]
}

extension Session {
    fileprivate nonisolated func utcCall() throws -> TestCall {
        try maker.call(stamp: maker.stamp(zone: .utc))
    }
}

extension CivilTime {
    /// The 17 digits of this time, with the date as a day of the month before that this month does not have.
    ///
    /// In January the month is 00, and the day stays as it is counted from 1 December.
    fileprivate var dayOfEarlierMonth: String {
        let lengths = [31, 31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30]
        let earlier = month - 1
        let days = String(day + lengths[earlier])
        return "\(digits.prefix(4))\(earlier < 10 ? "0" : "")\(earlier)\(days)\(digits.dropFirst(8))"
    }

    private var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
}
#endif
