import KMPrimitives
import KMTestSupport

/// The outcome of opening an input.
enum Verdict: Equatable, CustomStringConvertible {
    case opened([UInt8])
    case rejected(code: String)

    init(_ open: () throws -> [UInt8]) {
        do {
            self = .opened(try open())
        } catch let error as KMError {
            self = .rejected(code: error.code.description)
        } catch let rejection as ReferenceRejection {
            self = .rejected(code: rejection.code)
        } catch {
            self = .rejected(code: "\(error)")
        }
    }

    var isOpened: Bool {
        if case .opened = self { true } else { false }
    }

    /// Compares two outcomes; any two rejections are equal.
    ///
    /// If an input breaks several rules, the reported code depends on the order of the checks.
    static func == (left: Verdict, right: Verdict) -> Bool {
        switch (left, right) {
        case (.opened(let left), .opened(let right)): left == right
        case (.rejected, .rejected): true
        default: false
        }
    }

    var description: String {
        switch self {
        case .opened(let plaintext): "opened: \(String(decoding: plaintext, as: UTF8.self))"
        case .rejected(let code): code
        }
    }
}
