import ArgumentParser

/// The HTTP method of a request.
enum RequestMethod: String, CaseIterable, ExpressibleByArgument {
    case post = "POST"
    case get = "GET"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    init?(argument: String) {
        self.init(rawValue: argument.uppercased())
    }

    /// Whether a request of this method has a body.
    var hasBody: Bool { self != .get && self != .delete }
}
