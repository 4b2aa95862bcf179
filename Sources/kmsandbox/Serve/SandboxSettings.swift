#if Sandbox
import Foundation
import KMCommandLine
import KMJSON
import KMSecurity

/// What a user can change while the sandbox runs: its clock, and the faults of its answers.
struct SandboxSettings: Sendable, Equatable, Encodable {
    /// A fault that a client must be able to handle.
    enum Fault: String, Sendable, Codable, CaseIterable {
        /// No fault.
        case none
        /// The answer is delayed.
        case slow
        /// The answer is HTTP status 500 without a body.
        case status500 = "status-500"
        /// The answer is encrypted to a key that the client does not have.
        case wrongKey = "wrong-key"
        /// The second half of the answer's body is missing.
        case cutBody = "cut-body"
    }

    /// The changes that a request to the control interface asks for.
    struct Change: Sendable {
        var clockSkewSeconds: Int?
        var fault: Fault?
        var delayMilliseconds: Int?
    }

    /// The seconds by which the server's clock is ahead of the machine's.
    var clockSkewSeconds = 0
    var fault = Fault.none
    /// The delay of an answer under the fault `slow`, in milliseconds.
    var delayMilliseconds = 3000

    private static let clockSkews = -86_400...86_400
    private static let delays = 0...60_000

    /// Returns these settings with a change.
    ///
    /// - Throws: ``KMError`` `settingInvalid`.
    func applying(_ change: Change) throws -> SandboxSettings {
        var settings = self
        if let seconds = change.clockSkewSeconds {
            guard Self.clockSkews.contains(seconds) else {
                throw KMError(
                    .settingInvalid,
                    "clockSkewSeconds must be an integer from \(Self.clockSkews.lowerBound) to "
                        + "\(Self.clockSkews.upperBound); got \(seconds)"
                )
            }
            settings.clockSkewSeconds = seconds
        }
        if let fault = change.fault { settings.fault = fault }
        if let delay = change.delayMilliseconds {
            guard Self.delays.contains(delay) else {
                throw KMError(
                    .settingInvalid,
                    "delayMilliseconds must be an integer from \(Self.delays.lowerBound) to "
                        + "\(Self.delays.upperBound); got \(delay)"
                )
            }
            settings.delayMilliseconds = delay
        }
        return settings
    }
}

extension SandboxSettings.Fault {
    /// What the fault does to an answer.
    ///
    /// - Parameter delayMilliseconds: The delay of the settings.
    /// - Returns: A fragment of a sentence.
    func effect(delayMilliseconds: Int) -> String {
        switch self {
        case .none: "the answer is not changed"
        case .slow: "the answer is delayed by \(delayMilliseconds) ms"
        case .status500: "the answer has HTTP status 500 and no body"
        case .wrongKey: "the answer is encrypted to a key that the client does not have"
        case .cutBody: "the second half of the answer's body is missing"
        }
    }
}

extension SandboxSettings.Change {
    /// Parses a change.
    ///
    /// - Parameter json: One JSON object with any of the members `fault`, `clockSkewSeconds` and `delayMilliseconds`.
    /// - Throws: ``KMError`` `settingInvalid`, `malformedJSON`. The detail names the member and what is allowed.
    init(parsing json: [UInt8]) throws {
        var change = SandboxSettings.Change()
        var reader = StrictJSONReader(json, code: .settingInvalid)
        do {
            try reader.file("the body") { reader, member in
                switch member {
                case "fault": change.fault = try Self.fault(&reader)
                case "clockSkewSeconds": change.clockSkewSeconds = try reader.integer(member)
                case "delayMilliseconds": change.delayMilliseconds = try reader.integer(member)
                default:
                    let name = MessageMasking.apply(to: Terminal.printable(String(member.prefix(64))))
                    throw reader.invalid(
                        "there is no setting \(name); the settings are fault, clockSkewSeconds and delayMilliseconds"
                    )
                }
            }
        } catch let error as KMError where error.code == .malformedJSON {
            throw KMError(
                .malformedJSON,
                #"the body must be one JSON object, such as {"fault":"none"}; \#(error.detail)"#
            )
        }
        self = change
    }

    private static func fault(_ reader: inout StrictJSONReader) throws -> SandboxSettings.Fault {
        guard let fault = SandboxSettings.Fault(rawValue: try reader.string("fault")) else {
            let names = SandboxSettings.Fault.allCases.map(\.rawValue)
            throw reader.invalid("fault must be one of \(names.joined(separator: ", "))")
        }
        return fault
    }
}

extension KMError.Code {
    /// A setting of the sandbox is outside its range.
    static let settingInvalid = Self("settingInvalid")
}
#endif
