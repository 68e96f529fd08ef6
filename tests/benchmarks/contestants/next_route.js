// Contestant: Next.js, with an answer that was made when the project was built: `app/kept/[id]/route.js`.
export const dynamic = "force-static";

export function generateStaticParams() {
  return [{ id: "1" }];
}

export async function GET(request, { params }) {
  const { id } = await params;
  return Response.json({ id, name: "Lamp", price: 30 });
}
