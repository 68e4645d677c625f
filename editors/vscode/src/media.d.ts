// The bundler makes a string of it.
declare module "*.py" {
  const text: string;
  export default text;
}
