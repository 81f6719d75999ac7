// What is paid stands behind the # of the address, which browsers send to nobody: the intent's client secret, and where the customer goes on. For whom
// it is paid, and to which origins one may go on, the server says: an address can be made up by anybody.
const given = new URLSearchParams(location.hash.slice(1));
const form = document.getElementById("form");
const submit = document.getElementById("submit");
const message = document.getElementById("message");

function tell(text) {
  message.textContent = text;
}

function goOn() {
  const address = given.get("return_url") ?? "";
  const allowed = form.dataset.origins.split(" ");
  return URL.canParse(address) && allowed.includes(new URL(address).origin) ? address : location.origin + "/pay/done";
}

function start() {
  if (!given.get("client_secret") || !form.dataset.key) {
    tell("There is nothing to pay here. Go back, and start the payment again.");
    return;
  }
  if (typeof Stripe === "undefined") {
    tell("The payment provider cannot be reached. Try again in a moment.");
    return;
  }
  const stripe = Stripe(form.dataset.key);
  const elements = stripe.elements({ clientSecret: given.get("client_secret") });
  const card = elements.create("payment");
  card.on("ready", () => { submit.disabled = false; });
  card.mount("#card");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    tell("");
    const { error } = await stripe.confirmPayment({ elements, confirmParams: { return_url: goOn() } });
    // Without an error the customer is on the way already.
    tell(error?.message ?? "");
    submit.disabled = false;
  });
}

start();
