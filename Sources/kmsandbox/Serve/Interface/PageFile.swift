#if Sandbox
import HTTPTypes
import Hummingbird

/// A file of the page, which is part of the executable.
struct PageFile {
    let type: String
    let bytes: [UInt8]

    static let index = PageFile(type: "text/html", bytes: PackageResources.index_html)
    static let script = PageFile(type: "text/javascript", bytes: PackageResources.app_js)
    static let style = PageFile(type: "text/css", bytes: PackageResources.style_css)

    var response: Response {
        Response(
            status: .ok,
            headers: [.contentType: "\(type); charset=utf-8"],
            body: ResponseBody(byteBuffer: .init(bytes: bytes))
        )
    }
}
#endif
