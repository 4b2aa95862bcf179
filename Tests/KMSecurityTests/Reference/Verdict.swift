import KMPrimitives
import KMTestSupport

/// The outcome of opening an input.
enum Verdict: Equatable, CustomStringConvertible {
    case opened([UInt8])
    case refused(code: String)

    init(_ open: () throws -> [UInt8]) {
        do {
            self = .opened(try open())
        } catch let error as KMError {
            self = .refused(code: error.code.description)
        } catch let refusal as ReferenceRefusal {
            self = .refused(code: refusal.code)
        } catch {
            self = .refused(code: "\(error)")
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
        case (.refused, .refused): true
        default: false
        }
    }

    var description: String {
        switch self {
        case .opened(let plaintext): "opened: \(String(decoding: plaintext, as: UTF8.self))"
        case .refused(let code): code
        }
    }
}
