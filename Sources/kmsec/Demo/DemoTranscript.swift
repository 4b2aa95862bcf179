import HTTPTypes
import KMCommandLine
import KMSecurity

/// The report of a demo as text for people.
struct DemoTranscript {
    private var text = ""
    private let showsColor: Bool

    init(_ report: DemoReport, showsColor: Bool) {
        self.showsColor = showsColor
        heading("1. The client encrypts and signs its parameters and sends the request (profile \(report.profile))")
        item("parameters", report.request.parameters)
        wire("\(report.method) \(report.path)")
        message(report.request)
        heading("2. The server checks headers, token and time, and decrypts")
        item("parameters", report.request.received)
        heading("3. The server sends a response, encrypted to the client")
        message(report.response)
        heading("4. The client decrypts the response")
        item("parameters", report.response.received)
        heading("5. Requests that the server rejects")
        for rejection in report.rejections {
            let reason = rejection.detail.isEmpty ? "" : ": \(rejection.detail)"
            text += "   \(style("31", "rejected"))  \(rejection.attempt)\n"
            text += "             \(style("2", "\(rejection.code)\(reason)"))\n"
        }
        if let reply = report.rejections.first?.reply {
            text += "   Every sender gets the same response: HTTP 400 \(reply)\n"
        }
        heading("6. The same call at field level: only card data is encrypted, so others can route and log the rest")
        wire(Self.shortenedValues(report.fieldRequest.body))
        item("parameters", report.fieldRequest.received)
        wire(Self.shortenedValues(report.fieldResponse.body))
        item("parameters", report.fieldResponse.received)
    }

    /// The text, with a newline at its end.
    var description: String { text }

    /// Returns a body with its JWEs shortened.
    ///
    /// They all begin with `eyJ`, which is `{"` in base64url.
    private static func shortenedValues(_ body: String) -> String {
        body.split(separator: "\"", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("eyJ") ? "\($0.prefix(12))…" : $0 }
            .joined(separator: "\"")
    }

    private func style(_ code: String, _ text: String) -> String {
        showsColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private mutating func heading(_ title: String) {
        text += (text.isEmpty ? "" : "\n") + style("1", title) + "\n"
    }

    private mutating func item(_ name: String, _ value: String) {
        text += "   \(name)  \(style("32", value))\n"
    }

    private mutating func wire(_ line: String) {
        text += "   \(style("36", line))\n"
    }

    private mutating func message(_ message: DemoReport.Message) {
        for (name, value) in message.headers.sorted(by: { $0.key < $1.key }) { wire("\(name): \(value)") }
        wire(Terminal.shortened(message.body))
    }
}
