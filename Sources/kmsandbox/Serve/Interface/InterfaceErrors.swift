#if Sandbox
import HTTPTypes
import Hummingbird
import KMPrimitives
import KMSecurity
import NIOCore

/// The errors of the control interface as responses: `{"error": {"code", "detail"}}`.
enum InterfaceError {
    private struct Body: Encodable {
        struct Fault: Encodable {
            let code, detail: String
        }

        let error: Fault
    }

    /// Returns a response.
    ///
    /// - Parameters:
    ///   - code: The code.
    ///   - detail: What is wrong and what to do, without a secret.
    ///   - status: The HTTP status.
    /// - Returns: The response, with a JSON body.
    static func response(_ code: KMError.Code, _ detail: String, _ status: HTTPResponse.Status) -> Response {
        InterfaceJSON.response("application/json", content(code, detail), status: status)
    }

    /// Returns the JSON of a response, on one line.
    static func content(_ code: KMError.Code, _ detail: String) -> String {
        ((try? InterfaceJSON.text(Body(error: .init(code: code.description, detail: detail)))) ?? "{}") + "\n"
    }
}

/// A method and a path of the control interface.
struct InterfaceRoute: Sendable {
    let method: String
    /// The path, with names that begin with a colon or a brace for its variable parts.
    let path: String

    /// Returns all routes of a router.
    static func all(_ router: Router<BasicRequestContext>) -> [InterfaceRoute] {
        router.routes.map { .init(method: $0.method.rawValue, path: $0.path.description) }
    }

    /// Whether a path has the form of the route's.
    func matches(_ path: String) -> Bool {
        let (pattern, words) = (self.path.split(separator: "/"), path.split(separator: "/"))
        return pattern.count == words.count
            && zip(pattern, words).allSatisfy { $0.hasPrefix(":") || $0.hasPrefix("{") || $0 == $1 }
    }
}

/// Turns the errors of the control interface into responses.
struct InterfaceErrors<Context: RequestContext>: RouterMiddleware {
    /// The methods and paths of the interface, which are known when its router is complete.
    let routes: Locked<[InterfaceRoute]>

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as KMError {
            return InterfaceError.response(error.code, error.detail, status(error.code))
        } catch let error as HTTPError where error.status == .notFound {
            return unknown(request)
        } catch let error as HTTPError {
            let isTooLarge = error.status == .contentTooLarge
            return InterfaceError.response(
                isTooLarge ? .limitExceeded : .requestInvalid,
                isTooLarge ? Self.sizeLimit : error.body ?? "the request is rejected with HTTP \(error.status.code)",
                error.status
            )
        } catch is NIOTooManyBytesError {
            return InterfaceError.response(.limitExceeded, Self.sizeLimit, .contentTooLarge)
        }
    }

    private static var sizeLimit: String { "the body must have at most 1 MiB" }

    /// The response for a path that the interface does not have, or does not have for a method.
    private func unknown(_ request: Request) -> Response {
        let path = request.uri.path
        let methods = routes.withLock { $0 }.filter { $0.matches(path) }.map(\.method)
        guard !methods.isEmpty else {
            return InterfaceError.response(.pageUnknown, "there is nothing at this path; the page is at /", .notFound)
        }
        let list = methods.joined(separator: ", ")
        var response = InterfaceError.response(
            .methodNotAllowed,
            "this path does not have the method \(request.method.rawValue.prefix(16).filter(\.isLetter)); send \(list)",
            .methodNotAllowed
        )
        response.headers[HTTPField.Name.allow] = list
        return response
    }

    private func status(_ code: KMError.Code) -> HTTPResponse.Status {
        switch code {
        case .callUnknown, .pageUnknown: .notFound
        case .callbackFailed: .badGateway
        case .bodyNotKept: .conflict
        case .tooManyWatchers: .serviceUnavailable
        case .fileUnwritable, .cryptographyUnavailable: .internalServerError
        default: .badRequest
        }
    }
}

extension KMError.Code {
    /// The tool has nothing at a path.
    static let pageUnknown = Self("pageUnknown")
    /// The tool does not have a path for a method.
    static let methodNotAllowed = Self("methodNotAllowed")
    /// A page of another site, or a request to another host, is rejected.
    static let siteRejected = Self("siteRejected")
}
#endif
