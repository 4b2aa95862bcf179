import HTTPTypes
import KMSecurity

/// A demo's report as text for a person.
struct DemoTranscript {
    private var text = ""
    private let showsColor: Bool

    init(_ report: DemoReport, showsColor: Bool) {
        self.showsColor = showsColor
        heading("1. The client seals its parameters and sends (profile \(report.profile))")
        item("parameters", report.request.parameters)
        wire("\(report.method) \(report.path)")
        message(report.request)
        heading("2. The server checks headers, token and freshness, and decrypts")
        item("parameters", report.request.received)
        heading("3. It answers, encrypted to the client")
        message(report.response)
        heading("4. The client opens the answer")
        item("parameters", report.response.received)
        heading("5. What the server refuses")
        for refusal in report.refusals {
            let reason = refusal.detail.isEmpty ? "" : ": \(refusal.detail)"
            text += "   \(style("31", "refused"))  \(refusal.attempt)\n"
            text += "            \(style("2", "\(refusal.code)\(reason)"))\n"
        }
        if let reply = report.refusals.first?.reply {
            text += "   Each sender is told the same: HTTP 400 \(reply)\n"
        }
        heading("6. The same call at field level: card data encrypted in place, the rest to be routed and logged")
        wire(Self.shortenedValues(report.fieldRequest.body))
        item("parameters", report.fieldRequest.received)
        wire(Self.shortenedValues(report.fieldResponse.body))
        item("parameters", report.fieldResponse.received)
    }

    /// The text, with a newline at its end.
    var description: String { text }

    /// A body whose JWEs, which all begin like `{"`, are cut short.
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
