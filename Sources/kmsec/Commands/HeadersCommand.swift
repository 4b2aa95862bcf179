import ArgumentParser
import KMCommandLine
internal import KMDiagnosis
import KMSecurity

/// Groups the commands for headers.
struct HeadersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "headers",
        abstract: "Check the headers of a call.",
        subcommands: [HeadersCheckCommand.self]
    )
}

/// Checks headers against all rules.
struct HeadersCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check headers: read lines of Name: value, write a verdict for each header.",
        discussion: """
            Lines without a colon, such as a request line, are errors. Headers that are not part of the platform's \
            protocol are ignored. The input must have at most 256 KiB and 1000 lines that are not empty. The exit \
            status is 1 if a header or a line is wrong.
            """
    )

    @Flag(help: "Check the headers of a response.")
    var response = false

    @Flag(help: "Check the headers of a callback, which has no access key.")
    var callback = false

    @Flag(help: "Write JSON: every rule with the expected and the found value.")
    var json = false

    @OptionGroup var input: InputOptions

    func validate() throws {
        guard !(response && callback) else { throw ValidationError("give --response or --callback, not both") }
    }

    /// The result of one rule, as `--json` writes it.
    struct Finding: Encodable {
        let rule, header, expected, found: String
        let satisfied: Bool
    }

    func run() throws {
        let lines = try HeaderLines(
            input.readAll(
                expecting: "lines of Name: value are",
                limit: HeaderLines.maximumByteCount,
                advice: HeaderLines.advice
            )
        )
        let kind: HeaderRule.Kind = response ? .response : callback ? .callback : .request
        let findings = HeaderRule.rules(kind).compactMap { $0.finding(lines.fields) }
        if json {
            for fault in lines.faults { Messages.error(fault) }
            try Streams.writeJSON(
                findings.map {
                    Finding(
                        rule: $0.rule,
                        header: $0.header,
                        expected: $0.expected,
                        found: $0.found,
                        satisfied: $0.isSatisfied
                    )
                }
            )
        } else {
            for fault in lines.faults { try Streams.writeLine(fault) }
            for line in verdicts(findings) { try Streams.writeLine(line) }
        }
        guard lines.faults.isEmpty, findings.allSatisfy(\.isSatisfied) else { throw ExitCode.failure }
    }

    /// Returns one line for each header that is correct or absent, and one line for each broken rule.
    private func verdicts(_ findings: [HeaderRule.Finding]) -> [String] {
        var headers: [String] = []
        for finding in findings where !headers.contains(finding.header) { headers.append(finding.header) }
        return headers.flatMap { header -> [String] in
            let own = findings.filter { $0.header == header }
            let broken = own.filter { !$0.isSatisfied }
            let name = Terminal.padded(header, to: 22)
            guard broken.isEmpty else {
                return broken.map { "\(name)wrong: \($0.rule): expected \($0.expected), found \($0.found)" }
            }
            return [name + (own.contains { $0.found == "absent" } ? "absent, which is allowed" : "ok")]
        }
    }
}
